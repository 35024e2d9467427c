"""What `make wheels` makes: whole wheels that install without network, exports as from a checkout,
one sentence without a compiler."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Model, Output, spline_axis


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def tracked(root: Path) -> list[str]:
    """Files of the checkout, those that are new included."""
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("not a git checkout: which files belong to it is not known")
    return [name for name in done.stdout.splitlines() if (root / name).is_file()]


@pytest.fixture(scope="module")
def copy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout without anything built."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in tracked(root):
        if not name.startswith(("tests/", "docs/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def out(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pure wheel in a folder, built without network."""
    folder = tmp_path_factory.mktemp("dist")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "wheel",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run(
        [*pip, "--no-build-isolation", "-w", str(folder), str(copy)],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def site(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
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
    subprocess.run([*pip, "--target", str(folder), *map(str, out.glob("*.whl"))], check=True)
    return folder


BARE = (
    "import sys; sys.modules['ziglang'] = sys.modules['unicorn'] = None; from sna_edge.cli.main"
    " import main; sys.exit(main())"
)
"""The command line without the emulated cores, whose report takes a minute."""


def test_every_file_of_the_rooms_is_in_the_wheel(root: Path, out: Path) -> None:
    """Exports made from an installed package lacked sna.hpp without a word."""
    (made,) = out.glob("sna_edge-*-none-any.whl")
    with zipfile.ZipFile(made) as archive:
        held = {n: archive.read(n) for n in archive.namelist()}
    rooms = {"sna_edge/": "sna_edge/", "export/": "sna_export/"}
    wanted = {
        rooms[r] + n.removeprefix(r): n for r in rooms for n in tracked(root) if n.startswith(r)
    }
    for name in ("sna.h", "sna.c", "sna_options.h", "cpp/sna.hpp"):
        wanted[f"sna_export/firmware/library/{name}"] = f"firmware_bindings/{name}"
    assert not wanted.keys() - held.keys()
    assert all(held[there] == (root / here).read_bytes() for there, here in wanted.items())


@pytest.mark.usefixtures("compiler")
def test_an_export_from_a_wheel_is_that_from_a_checkout(
    copy: Path, site: Path, tmp_path: Path
) -> None:
    x = np.linspace(0, 1, 7)[:, None]
    axes = [spline_axis(n, "", 0.0, 1.0, spans=4) for n in "ab"]
    model = tmp_path / "plate.sna"
    Model(axes, CP.full([1 + x, np.exp(x)], np.ones((1, 1))), [Output("y")]).save(model)
    os.symlink(copy / "export", copy / "sna_export")
    found = {}
    for what, path in (("wheel", site), ("checkout", copy)):
        folder = tmp_path / what / "plate"
        words = [sys.executable, "-c", BARE, "export", str(model), "--to", "c", "-o", str(folder)]
        env = {**os.environ, "PYTHONPATH": str(path)}
        done = subprocess.run(
            words, env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found[what] = {str(f.relative_to(folder)): f for f in folder.rglob("*") if f.is_file()}
    (copy / "sna_export").unlink()
    assert found["wheel"].keys() == found["checkout"].keys()
    assert any(name.endswith("sna.hpp") for name in found["wheel"])
    sources = [
        name
        for name in found["wheel"]
        if name.endswith((".h", ".hpp", ".c", ".properties", ".ino", "Makefile", ".txt", ".yml"))
    ]
    assert sources and all(
        found["wheel"][name].read_bytes() == found["checkout"][name].read_bytes()
        for name in sources
    )


@pytest.mark.parametrize("lost", ["sna.h", "sna.c", "sna_options.h", "cpp/sna.hpp"])
def test_a_package_without_the_c_library_is_not_built(
    copy: Path, lost: str, tmp_path: Path
) -> None:
    place = copy / "firmware_bindings" / lost
    place.rename(tmp_path / "kept")
    try:
        words = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path / "lib")]
        done = subprocess.run(words, cwd=copy, capture_output=True, text=True, check=False)
    finally:
        (tmp_path / "kept").rename(place)
    assert done.returncode != 0 and f"firmware_bindings/{lost} is missing" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "armv7"])
def test_a_native_wheel_installs_without_network_and_answers(
    root: Path, out: Path, machine: str
) -> None:
    pytest.importorskip("ziglang", reason="no cross compiler: pip install ziglang")
    loaded(root / "tools" / "release" / "wheels.py").wheel(machine, out)
    if not loaded(root / "tools" / "release" / "wheels_try.py").tried(out, machine):
        pytest.skip(f"no {machine} Python under QEMU here")


ALL = ("cc", "c++")
TOOLS: list[tuple[str, tuple[str, ...], dict[str, str], str]] = [
    ("none", (), {}, "a C and a C++ compiler"),
    ("cc alone", ("cc",), {}, "a C++ compiler"),
    ("c++ alone", ("c++",), {}, "a C compiler"),
    ("cmake and make alone", ("cmake", "make", "ninja"), {}, "a C and a C++ compiler"),
    ("CC names nothing", ALL, {"CC": "nowhere-gcc"}, "a C compiler"),
    ("CXX names nothing", ALL, {"CXX": "nowhere-g++ -O2"}, "a C++ compiler"),
    ("both name nothing", ALL, {"CC": "x", "CXX": "y"}, "a C and a C++ compiler"),
    ("clang without clang++", ("clang",), {}, "a C++ compiler"),
    ("cc and c++", ALL, {}, ""),
    ("gcc and g++", ("gcc", "g++"), {}, ""),
    ("clang and clang++", ("clang", "clang++"), {}, ""),
    ("named ones", ("my-cc", "my-cxx"), {"CC": "my-cc -m64", "CXX": "my-cxx"}, ""),
]


@pytest.mark.parametrize(
    ("there", "named", "lacks"), [t[1:] for t in TOOLS], ids=[t[0] for t in TOOLS]
)
def test_without_a_compiler_there_is_one_sentence(
    root: Path,
    there: tuple[str, ...],
    named: dict[str, str],
    lacks: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`pip install ./firmware_bindings` without a compiler gave a CMake log."""
    for name in there:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    stub: Any = ModuleType("scikit_build_core.build")
    stub.__all__, stub.get_requires_for_build_wheel, stub.get_requires_for_build_editable = (
        [],
        lambda s: ["ninja"],
        lambda s: ["ninja"],
    )
    monkeypatch.setitem(sys.modules, "scikit_build_core", ModuleType("scikit_build_core"))
    monkeypatch.setitem(sys.modules, "scikit_build_core.build", stub)
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("CC", "CXX"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in named.items():
        monkeypatch.setenv(variable, value)
    backend = loaded(root / "firmware_bindings" / "with_compiler.py")
    for hook in (backend.get_requires_for_build_wheel, backend.get_requires_for_build_editable):
        if not lacks:
            assert hook(None) == ["ninja"]
            continue
        with pytest.raises(SystemExit) as stopped:
            hook(None)
        said = str(stopped.value)
        assert f"needs {lacks} and" in said and "\n" not in said and "build-essential" in said


def test_the_build_asks_that_backend(root: Path) -> None:
    text = (root / "firmware_bindings" / "pyproject.toml").read_text()
    assert 'build-backend = "with_compiler"' in text and 'backend-path = ["."]' in text
    assert "wheels: $(STAMP)-wheels" in (root / "Makefile").read_text()
