"""Every wheel in a folder installed without network and asked: forward, inverse, numpy and native;
ARM under QEMU user mode.

python tools/release/wheels_try.py [--out dist]

A machine that cannot be emulated here is left out with a line; a wrong answer ends with status 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = {
    "x86_64": "manylinux2014_x86_64",
    "aarch64": "manylinux2014_aarch64",
    "armv7": "manylinux2014_armv7l",
}

QUESTION = """
import platform, sys
import numpy as np, sna_edge, sna_edge_native
from sna_edge import CP, Model, Output, inverse, spline_axis
site, path = sys.argv[1:]
assert sna_edge.__file__.startswith(site) and sna_edge_native.__file__.startswith(site), \
    "another installation was asked"
x = np.linspace(0, 1, 7)[:, None]
axes = [spline_axis(n, "", 0.0, 1.0, spans=4) for n in "ab"]
Model(axes, CP.full([1 + x, np.exp(x)], np.ones((1, 1))), [Output("y")]).save(path)
found = {}
for backend in ("numpy", "native"):
    model = sna_edge.load(path, backend=backend)
    assert model.backend.name == backend, f"{model.backend.name} serves in place of {backend}"
    y = float(model({"a": 0.3, "b": 0.6})[0])
    root = inverse.roots(model, "a", {"y": y}, {"b": 0.6}).values
    assert abs(root[0] - 0.3) < 1e-5, root
    found[backend] = y
assert abs(found["numpy"] - found["native"]) < 1e-5 * abs(found["numpy"]), found
print(platform.machine(), "numpy", np.__version__, found)
"""


def installed(out: Path, machine: str, site: Path) -> None:
    """The pure wheel and the native one of a machine in the folder `site`, by pip and without
    network."""
    wheels = [
        *out.glob("sna_edge-*-none-any.whl"),
        *out.glob(f"sna_edge_native-*-{PLATFORMS[machine]}.whl"),
    ]
    if len(wheels) != 2:
        sys.exit(
            f"{out} does not hold one pure wheel and one for {machine}:"
            f" {', '.join(w.name for w in wheels) or 'none'}"
        )
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    words = ["--only-binary=:all:", "--platform", PLATFORMS[machine], "--target", str(site)]
    subprocess.run([*pip, *words, *map(str, wheels)], check=True)


def python_of(machine: str) -> tuple[list[str], str] | None:
    """A Python for the machine and the folder of its numpy; None where it can be had neither here
    nor emulated."""
    if machine == os.uname().machine:
        import numpy

        return [sys.executable], str(Path(numpy.__file__).parent.parent)
    folder = Path(tempfile.gettempdir()) / f"sna-python-{machine}"
    words = ["bash", str(ROOT / "tools" / "release" / "arm_python.sh"), str(folder), machine]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode:
        print(
            f"{machine}: left out,"
            f" {(made.stderr.strip().splitlines() or ['no emulation here'])[-1]}"
        )
        return None
    return [str(folder / "python")], str(folder / "site")


def tried(out: Path, machine: str) -> bool:
    """Install and ask; False where the machine is left out. Raises CalledProcessError for a wrong
    answer."""
    device = python_of(machine)
    if device is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        site, script = Path(folder) / "site", Path(folder) / "ask.py"
        installed(out, machine, site)
        script.write_text(QUESTION)
        words = [*device[0], str(script), str(site), str(Path(folder) / "m.sna")]
        env = {
            "PYTHONPATH": f"{site}:{device[1]}",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        answer = subprocess.run(
            words, env=env, cwd=folder, check=True, capture_output=True, text=True
        ).stdout
    print(f"{machine}: installed without network and asked: {answer.strip()}")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    args = parser.parse_args()
    for machine in PLATFORMS:
        try:
            tried(args.out, machine)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{machine}: the installed wheels fail: {error.stderr or error}")


if __name__ == "__main__":
    main()
