"""`sna-edge export MODEL --to fmu`: one .fmu file, and its reference results beside it."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

import sna_edge
from sna_edge.errors import InputError
from sna_edge.model import Model

from ..firmware.install import install, staged
from .description import build_description, description
from .library import build, compiler, place, suffix
from .page import page
from .plan import Plan
from .reference import checked, golden_points, tables
from .sources import texts

VERSIONS = (2, 3)
WHEN = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive: the same model gives the same bytes."""
UNCHECKED = (
    "sources only, not compiled: no C compiler (cc) found here; simulators that compile FMUs take"
    " it as it is, and on a machine with a compiler the export puts a binary in"
)


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and whether it was run."""
    fmi = 2 if args.fmi is None else args.fmi
    return export(model, Path(args.output), args.stem, fmi=fmi, level=args.level, file=args.file)


def export(
    model: Model,
    folder: Path,
    stem: str,
    *,
    fmi: int = 2,
    level: float | None = None,
    file: str | None = None,
) -> tuple[list[Path], str, bool]:
    """<stem>.fmu of FMI `fmi` (2 or 3) for model exchange and co-simulation, with the interval at
    `level` (default: that of the model), and its reference results <stem>_in.csv, <stem>_ref.csv.
    Files written, one sentence about the check, and whether a compiler was there to make it.

    Raises InputError for another version, a level that the rows do not support and a file of
    another hand in the way, BackendError where the built FMU gives other values than the model; the
    folder is then as it was.

    >>> import numpy as np
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> files, check, checked = export(model, Path("fmus"), "plate")  # doctest: +SKIP
    >>> [path.name for path in files]  # doctest: +SKIP
    ['plate.fmu', 'plate_in.csv', 'plate_ref.csv']
    """
    if fmi not in VERSIONS:
        raise InputError(f"there is no FMU of FMI {fmi}; use --fmi 2 or --fmi 3")
    artifact = model.artifact or model.to_bytes()
    plan = Plan(sna_edge.from_bytes(artifact, backend="numpy"), artifact, fmi, level, stem)
    points = golden_points(plan)
    given, results = tables(plan, points)
    name = file or f"{stem}.fmu"
    with staged(folder) as scratch:
        files = _files(plan, stop=2 * len(points.x))
        check = _compiled(plan, scratch, files)
        _pack(scratch / name, files)
        (scratch / f"{stem}_in.csv").write_text(given, encoding="utf-8")
        (scratch / f"{stem}_ref.csv").write_text(results, encoding="utf-8")
        written = [Path(name), Path(f"{stem}_in.csv"), Path(f"{stem}_ref.csv")]
        placed = install(scratch, folder, written, [])
    return placed, check or UNCHECKED, bool(check)


def _files(plan: Plan, stop: int) -> dict[str, bytes]:
    """What the archive holds by name, without binaries; `stop` is when the reference results
    end."""
    about, variables = plan.about, plan.variables
    files = {"modelDescription.xml": description(plan.fmi, about, variables, stop)}
    files |= {f"sources/{name}": text.encode("utf-8") for name, text in texts(plan).items()}
    if plan.fmi == 3:
        files["sources/buildDescription.xml"] = build_description(about)
    files["documentation/index.html"] = page(about, plan.fmi, variables).encode("utf-8")
    return files


def _compiled(plan: Plan, scratch: Path, files: dict[str, bytes]) -> str:
    """Adds the binary of this machine to `files`; what its check says, or '' without a compiler."""
    command = compiler()
    if command is None:
        return ""
    (scratch / "sources").mkdir()
    for name, text in files.items():
        if name.startswith("sources/"):
            (scratch / name).write_bytes(text)
    where = place(plan.fmi)
    library = scratch / f"{plan.about.identifier}{suffix()}"
    build(command, scratch / "sources", plan.about.sources, library)
    told = checked(plan, library)
    files[f"binaries/{where}/{library.name}"] = library.read_bytes()
    return f"{told}; binary for {where} and sources inside"


def _pack(path: Path, files: dict[str, bytes]) -> None:
    """The archive; modelDescription.xml first and as it is, so that the file says whose it is."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, WHEN)
            plain = name == "modelDescription.xml"
            entry.compress_type = zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.startswith("binaries/") else 0o644) << 16
            archive.writestr(entry, data)
