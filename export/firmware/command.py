"""`sna-edge export MODEL --to c`: generated source, the library beside it, an Arduino library, a Zephyr module, a resource report."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import sna_edge
from sna_edge import Model
from sna_edge.errors import BackendError, InputError
from sna_export.certify import with_integer_path

from . import faces, resources
from .options import options_for
from .source import coarse, generate, identifier
from .zephyr import write_zephyr


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str]:
    """Files written, and one sentence about what was checked."""
    return export_c(model, Path(args.output), args.stem, integers=not args.float_only)


def export_c(model: Model, folder: Path, stem: str, *, integers: bool = True) -> tuple[list[Path], str]:
    """<stem>.h and <stem>.c with library, Makefile, self-test, Arduino and Zephyr folders and, with the emulator installed, resources.md.

    `integers`: the artifact gets the integer path, which cores without an FPU need, where int16 or int8 tables allow it.
    Raises BackendError when the self-test, compiled and run here, fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, remark = _for_cores(model, integers)
    artifact = model.artifact or model.to_bytes()
    model = sna_edge.from_bytes(artifact, backend="numpy")
    name, made = identifier(stem), generate(artifact, model, stem)
    header, source = folder / f"{name}.h", folder / f"{name}.c"
    header.write_text(made.header)
    source.write_text(made.source)
    library = faces.write_library(folder)
    kept = {"SNA_PLAIN_ONLY"} | ({"SNA_NO_FIXED"} if model.integer_path else set())
    options = [o for o in options_for(model, integer=False) if o not in kept]
    files = [header, source, *library, *faces.write_makefile(folder, name, options)]
    files += faces.write_arduino(folder, name, sna_edge.__version__, [header, source, *library])
    files += write_zephyr(folder, name, [header, source, *library], options)
    report = _report(artifact, folder)
    why = coarse(model)
    if why:
        remark = f"; only for cores with double precision: {why}{remark}"
    return [*files, *report], _self_test(folder, [*options, *([] if why else ["SNA_FLOAT"])], bool(report or why)) + remark


def _for_cores(model: Model, integers: bool) -> tuple[Model, str]:
    """The model as firmware carries it, and what to say about its integer path."""
    if model.integer_path == integers:
        return model, ""
    if not integers:
        return model.replace(integer_path=False), ""
    try:
        return with_integer_path(model), "; the artifact in it also holds the integer path"
    except InputError as error:
        return model, f"; no integer path: {error}"


def _report(artifact: bytes, folder: Path) -> list[Path]:
    if any(find_spec(name) is None for name in ("ziglang", "unicorn", "elftools")):
        return []
    costs = resources.report(artifact)
    if not costs:
        return []
    page, data = folder / "resources.md", folder / "resources.json"
    page.write_text(
        "# What this model costs\n\nCompiled with clang -Os for each core and run on an emulated one; "
        "one query in the middle of the domain.\n"
        "Code holds open, verify and value; RAM holds the model record, the workspace and the stack of one query.\n\n"
        + resources.markdown(costs) + "\n"
    )  # fmt: skip
    data.write_text(json.dumps(resources.as_json(costs), indent=1) + "\n")
    return [page, data]


def _self_test(folder: Path, options: list[str], reported: bool) -> str:
    tail = "" if reported else "; pip install 'sna-edge[firmware]' adds the resource report"
    compiler = which("cc")
    if compiler is None:
        return f"not compiled here: no C compiler; run make in the folder{tail}"
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / "selftest"
        sources = [str(p) for p in folder.glob("*.c")]
        command = [compiler, "-std=c99", "-O1", *(f"-D{o}" for o in options), f"-I{folder}", *sources, "-o", str(program)]
        subprocess.run(command, check=True, capture_output=True)
        done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackendError(f"the generated self-test fails here ({done.stdout.strip()}); report this with the model")
    return f"the self-test, compiled and run here, meets all golden vectors{tail}"
