"""`sna-edge export MODEL --to c`: generated source, the library beside it, metadata of build
systems, an Arduino library, a Zephyr module, a resource report."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import sna_edge
from sna_edge import Model
from sna_edge.errors import BackendError, InputError
from sna_edge.uncertainty.interval import residuals

from ..certify import with_integer_path
from ..certify.integer_path import with_paths
from ..integers import Query, Whole, path_of
from ..integers.packed import keep_those_of
from . import resources
from .build_systems import write_packages, write_zephyr
from .install import install, staged
from .names import identifier
from .platform_packages import (
    Neighbour,
    neighbour,
    neighbours,
    options_header,
    write_arduino,
    write_library,
    write_makefile,
)
from .source import coarse, generate
from .toolchain import refusal


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about what was checked, and whether it was checked."""
    return export_c(
        model, Path(args.output), args.stem, integers=not args.float_only, level=args.level
    )


def check_name(path: Path) -> None:
    """Raises InputError where the files of C cannot be named as the functions in them are."""
    name = identifier(path.stem)
    if name != path.stem:
        raise InputError(
            f"{path.name} cannot name the functions of a model in C; use -o"
            f" {path.with_name(name + path.suffix.lower())}"
        )


def export_c(
    model: Model,
    folder: Path,
    stem: str,
    *,
    integers: bool = True,
    level: float | None = None,
) -> tuple[list[Path], str, bool]:
    """<stem>.h and <stem>.c with library, Makefile, self-test, the folder as a package of CMake,
    ESP-IDF and PlatformIO, Arduino and Zephyr folders and, with the emulator installed, a resource
    report. A folder may hold any number of models beside one
    library; on any failure it is left as it was.

    `integers`: the artifact gets the integer path, which cores without an FPU need, where int16 or
    int8 tables allow it, and with it intervals (at `level`, default: that of the model) and
    familiarity in whole numbers. A part is its probes. Raises BackendError when the self-test,
    compiled and run here, fails, InputError where a name or a file stands in the way, a part has no
    probes, or there is no interval at `level` in whole numbers.

    The files go into a project as they are; `make && ./selftest` runs them on the host:

    >>> import numpy as np
    >>> import sna_edge
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> files, check, checked = export_c(model, Path("firmware"), "plate")  # doctest: +SKIP
    >>> sorted(p.name for p in files if p.parent == Path("firmware"))  # doctest: +SKIP
    ['CMakeLists.txt', 'Makefile', 'idf_component.yml', 'library.json', 'plate.c', 'plate.h',
     'plate_resources.json', 'plate_resources.md', 'selftest.c', 'sna.c', 'sna.h', 'sna.hpp',
     'sna_options.h']
    """
    model, remark = _for_cores(model.at_probes(), integers)
    artifact = model.artifact or model.to_bytes()
    model = sna_edge.from_bytes(artifact, backend="numpy")
    whole = _in_whole_numbers(model, artifact, level)
    name, made = identifier(stem), generate(artifact, model, stem, whole)
    if whole is not None:
        remark += "".join(f"; in whole numbers without {what}" for what in whole.lacking)
    why = coarse(model)
    if why:
        remark = f"; only for cores with double precision: {why}{remark}"
    if name != stem:
        remark += f"; the names of {stem!r} in C begin with {name}"
    models = _together(neighbour(name, made.header), neighbours(folder))
    with staged(folder) as scratch:
        header, source = scratch / f"{name}.h", scratch / f"{name}.c"
        header.write_text(made.header, encoding="utf-8")
        source.write_text(made.source, encoding="utf-8")
        files = [
            header,
            source,
            *write_library(scratch, options_header(models)),
        ]
        files += write_makefile(scratch, [m.name for m in models])
        files += write_packages(scratch, [m.name for m in models], sna_edge.__version__)
        files += write_arduino(scratch, name, sna_edge.__version__, [header, source])
        files += write_zephyr(scratch, name, [header, source], neighbour(name, made.header).needs)
        report = _report(artifact, scratch, name, whole)
        for other in (m.name for m in models if m.name != name):
            for suffix in (".c", ".h"):
                shutil.copyfile(folder / f"{other}{suffix}", scratch / f"{other}{suffix}")
        checked = _self_test(scratch)
        inside = [path.relative_to(scratch) for path in [*files, *report]]
        stale = [
            Path(face) / name / "src" / old
            for face in ("arduino", "zephyr")
            for old in ("sna.c", "sna.h", "sna.hpp")
        ]
        placed = install(scratch, folder, inside, stale)
    tail = "" if report or why else "; pip install 'sna-edge[firmware]' adds the resource report"
    said = (
        "self-test compiled and run here: all reference outputs reproduced" if checked else UNBUILT
    )
    return placed, said + tail + remark, checked


UNBUILT = (
    "not compiled: no C compiler (cc) found here; run make && ./selftest in the folder on a"
    " machine with one"
)


def _together(new: Neighbour, others: list[Neighbour]) -> list[Neighbour]:
    """All models of the folder by name. Raises InputError where names of two headers meet, so that
    a program cannot include both."""
    rest = [m for m in others if m.name != new.name]
    for other in rest:
        if meeting := sorted(new.defines & other.defines):
            raise InputError(
                f"{meeting[0]} would mean an input of {new.name!r} and of {other.name!r} in one"
                " folder; take another name with --stem, or another folder"
            )
    return sorted([new, *rest], key=lambda m: m.name)


def _for_cores(model: Model, integers: bool) -> tuple[Model, str]:
    """The model as firmware carries it, and what to say about its integer path."""
    if integers and model.integer_path:
        return _with_paths(model), ""
    if model.integer_path == integers:
        return model, ""
    if not integers:
        return model.replace(integer_path=False), ""
    try:
        return with_integer_path(model), "; the artifact includes the integer path"
    except InputError as error:
        return model, f"; no integer path: {error}"


def _with_paths(model: Model) -> Model:
    """Companions hold their integer paths too, unless the file is signed as it is."""
    held = with_paths(model.companions)
    more = any(a.model is not b.model for a, b in zip(held, model.companions, strict=True))
    return model.replace(companions=held) if more and model.signature is None else model


def _in_whole_numbers(model: Model, artifact: bytes, level: float | None) -> Whole | None:
    """None without an integer path."""
    path = path_of(artifact)
    if path is None:
        if level is not None:
            raise InputError(
                "--level is that of intervals in whole numbers, and this model has no integer path;"
                " leave it out: sna_interval_at takes any level"
            )
        return None
    if level is not None:
        residuals(model, level)
    whole = Whole(Query(model, level), path)
    keep_those_of(whole, artifact)
    return whole


def _report(artifact: bytes, folder: Path, name: str, whole: Whole | None) -> list[Path]:
    if any(find_spec(package) is None for package in ("ziglang", "unicorn", "elftools")):
        return []
    costs = resources.report(artifact, whole=whole)
    if not costs:
        return []
    page, data = folder / f"{name}_resources.md", folder / f"{name}_resources.json"
    page.write_text(
        f"# What {name} costs\n\nMeasured by sna-edge: compiled with clang -Os for each core and"
        " run on an emulated one; one query in the middle of the domain.\nCode holds open, verify"
        " and value, with all options that leave out what the model does not use, on the float"
        " path SNA_NO_BOUND (1.3 KB: the library beside this page keeps that check, which a model"
        " that may be replaced needs); RAM holds the model record, the workspace and the stack of"
        " one query.\n\n"
        + resources.markdown(costs) + "\n"
    )  # fmt: skip
    data.write_text(json.dumps(resources.as_json(costs), indent=1) + "\n")
    return [page, data]


def _self_test(folder: Path) -> bool:
    """Compiles and runs the self-test of all models in the folder. False without a compiler."""
    compiler = which("cc")
    if compiler is None:
        return False
    program = folder / "selftest"
    wide = any(
        "#ifdef SNA_FLOAT\n#error" in path.read_text(encoding="utf-8")
        for path in folder.glob("*.h")
    )  # a model that floats do not carry
    real = "-DSNA_DOUBLE" if wide else "-DSNA_FLOAT"
    command = [compiler, "-std=c99", "-O1", real, *map(str, folder.glob("*.c")), "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if built.returncode:
        raise BackendError(
            f"{compiler} refuses the generated C ({refusal(built.stderr)}); nothing was"
            " written; if it compiles other programs, report this with the model"
        )
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackendError(
            f"the generated self-test fails here ({done.stdout.strip()}); nothing was written,"
            " report this with the model"
        )
    return True
