"""The C library compiled for this machine in several ways."""

from __future__ import annotations

import fcntl
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .c_models import zoo

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "firmware_bindings"
KEPT_1_1 = sorted((ROOT / "tests" / "sna_edge" / "kept" / "1.1").glob("*.sna"))
"""Small files of format 1.1, each with some of what it added."""
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror"]
HOST = [
    "-std=gnu11",
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-Wno-psabi",
]


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def of_all_processes(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, name: str
) -> Path:
    """A folder of this run that all its test processes write into."""
    base = tmp_path_factory.getbasetemp()
    beside = hasattr(request.config, "workerinput")  # one of several, each with a folder in one
    folder = (base.parent if beside else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def missing(target: Path) -> Iterator[bool]:
    """Whether `target` is to be made; other test processes that ask for it wait until it is."""
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not target.exists()


@pytest.fixture(scope="session")
def compiler() -> str:
    found = shutil.which("cc") or shutil.which("gcc")
    if not found:
        pytest.skip("no C compiler on this machine")
    return found


@pytest.fixture(scope="session")
def compiled(
    compiler: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Any:
    """compiled(name, source, *flags) -> the library of that name, compiled once by whichever test
    process asks first."""
    folder = of_all_processes(tmp_path_factory, request, "native")

    def made(name: str, source: str, *flags: str) -> Path:
        target = folder / f"{name}.so"
        with missing(target) as to_make:
            if to_make:
                subprocess.run(
                    [compiler, *flags, "-shared", "-fPIC", str(SOURCE / source), "-o", str(target)],
                    check=True,
                )
        return target

    return made


@pytest.fixture(scope="session")
def bindings() -> ModuleType:
    """firmware_bindings/sna_edge_native/library.py, without the package around it."""
    return load(SOURCE / "sna_edge_native" / "library.py", "sna_library_under_test")


@pytest.fixture(scope="session")
def c_double(compiled: Any, bindings: ModuleType) -> Any:
    return bindings.Library(str(compiled("double", "sna.c", *STRICT, "-O2", "-DSNA_SHA256")))


@pytest.fixture(scope="session")
def c_float(compiled: Any, bindings: ModuleType) -> Any:
    return bindings.Library(
        str(compiled("float", "sna.c", *STRICT, "-O2", "-DSNA_SHA256", "-DSNA_FLOAT")), single=True
    )


@pytest.fixture(scope="session")
def host(compiled: Any, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The host layer through its ctypes face."""
    made = compiled("host", "host/sna_host.c", *HOST, "-DSNA_SHA256")
    folder = tmp_path_factory.mktemp("host") / "sna_host_under_test"
    folder.mkdir()
    for name in ("library.py", "fallback.py"):
        shutil.copy(SOURCE / "sna_edge_native" / name, folder / name)
    shutil.copy(made, folder / "libsna.so")
    (folder / "__init__.py").write_text("")
    sys.path.insert(0, str(folder.parent))
    try:
        return importlib.import_module("sna_host_under_test.fallback")
    finally:
        sys.path.remove(str(folder.parent))


@pytest.fixture(scope="session")
def artifacts() -> dict[str, bytes]:
    """name -> artifact of every model of the zoo."""
    return {name: model.to_bytes() for name, model in zoo().items()}
