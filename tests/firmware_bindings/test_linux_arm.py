"""Linux on ARM is run: our wheels under QEMU user mode with Debian's own Python and numpy, forward
and inverse, numpy and native."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import sna_edge
from sna_edge import inverse

from ..c_library import ROOT, load
from ..c_models import axes_of, cp_model, points_in, tt_model

pytest.importorskip("ziglang", reason="no cross compiler: pip install ziglang")
MACHINES = {
    "aarch64": ("aarch64", 183),
    "armv7": ("armv7l", 40),
}  # wheel -> what uname says, ELF machine

SCRIPT = """
import json, platform, sys
import numpy as np, sna_edge, sna_edge_native
from sna_edge import inverse
out = {"machine": platform.machine(), "native": sna_edge_native.__file__}
x = np.array(json.load(open(sys.argv[1])))
for path in sys.argv[2:]:
    for backend in ("numpy", "native"):
        model = sna_edge.load(path, backend=backend)  # replays the golden vectors with this backend
        y, g = model.backend.value_and_gradient(x)
        at = {"x1": x[0, 1], "x2": x[0, 2]}
        roots = inverse.roots(model, "x0", {"y0": float(y[0, 0])}, at=at)
        found = {"y": y.tolist(), "g": g.tolist(), "roots": roots.values.tolist()}
        out[path + " " + backend] = found
        out[path + " " + backend]["isa"] = getattr(model.backend, "isa", "")
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def wheels() -> ModuleType:
    return load(ROOT / "tools" / "release" / "wheels.py", "wheels_under_test")


@pytest.mark.slow
@pytest.mark.parametrize("name", MACHINES)
def test_a_wheel_holds_a_library_for_its_machine(
    name: str, wheels: ModuleType, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheels.wheel(name, tmp_path)) as archive:
        binary = archive.read("sna_edge_native/libsna.so")
        assert archive.testzip() is None and len(archive.namelist()) == len(wheels.MODULES) + 4
    assert binary[:4] == b"\x7fELF" and int.from_bytes(binary[18:20], "little") == MACHINES[name][1]
    assert b"GLIBC_2.3" not in binary.replace(
        b"GLIBC_2.3\0", b""
    )  # nothing newer than the tag's 2.17


@pytest.mark.slow
@pytest.mark.parametrize("name", MACHINES)
def test_the_device_room_answers(
    name: str, arm_python: Callable[[str], Path], wheels: ModuleType, tmp_path: Path
) -> None:
    root, site = arm_python(name), tmp_path / "site"
    with zipfile.ZipFile(wheels.wheel(name, tmp_path)) as archive:
        archive.extractall(site)
    shutil.copytree(
        ROOT / "sna_edge", site / "sna_edge", ignore=shutil.ignore_patterns("__pycache__")
    )
    models = {
        "cp": cp_model(axes_of("graded", 3, 3), rank=20, outputs=2),
        "tt": tt_model(axes_of("uniform", 3, 3)),
    }
    x = points_in(models["cp"], 70)
    paths = []
    for kind, model in models.items():
        inside = np.clip(x, [a.lower for a in model.axes], [a.upper for a in model.axes])
        paths.append(str(tmp_path / f"{kind}.sna"))
        model.save(paths[-1])
    (tmp_path / "x.json").write_text(json.dumps(inside.tolist()))
    (tmp_path / "ask.py").write_text(SCRIPT)
    done = subprocess.run(
        [str(root / "python"), str(tmp_path / "ask.py"), str(tmp_path / "x.json"), *paths],
        env={"PYTHONPATH": f"{site}:{root / 'site'}", "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["machine"] == MACHINES[name][0] and str(site) in found["native"]
    for path in paths:
        model = sna_edge.load(path, backend="numpy")
        y, g = model.backend.value_and_gradient(inside)
        roots = inverse.roots(
            model, "x0", {"y0": float(y[0, 0])}, at={"x1": inside[0, 1], "x2": inside[0, 2]}
        ).values
        for backend, tolerance in (("numpy", 1e-12), ("native", 1e-5)):
            there = found[f"{path} {backend}"]
            np.testing.assert_allclose(there["y"], y, atol=tolerance * np.abs(y).max())
            np.testing.assert_allclose(there["g"], g, atol=10 * tolerance * np.abs(g).max())
            np.testing.assert_allclose(there["roots"], roots, atol=1e-3)
        assert found[f"{path} native"]["isa"] in ("baseline", "double")
