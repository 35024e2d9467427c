"""`sna-edge export MODEL --to wasm`: a folder for JavaScript, with the shape of an npm package."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
from functools import partial
from hashlib import sha256
from pathlib import Path
from shutil import which

import numpy as np

import sna_edge
from sna_edge.core.axis import Axis, spline_axis
from sna_edge.errors import BackendError, InputError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points

from ..firmware.install import install, staged

LIBRARY = Path(__file__).parent
FACE = ("sna.js", "sna_file.js", "sna_formulas.js", "sna_inverse.js", "sna.d.ts", "sna.wasm")
POINTS = 1024
TOLERANCE = 1e-9
"""Of the range: both sides compute in double."""


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and whether it was run."""
    return export(model, Path(args.output), args.stem)


def export(model: Model, folder: Path, stem: str) -> tuple[list[Path], str, bool]:
    """A folder that answers in node and browsers: <stem>.sna, sna.wasm, sna.js and its types,
    index.js, package.json. Files written, one sentence about the check, and whether node was there
    to run it.

    Raises BackendError where node gives other values than the model, InputError where a file of
    another hand is in the way; the folder is then as it was.

    >>> import sna_edge
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> files, check, checked = export(model, Path("web"), "plate")  # doctest: +SKIP
    >>> check  # doctest: +SKIP
    'run in node: golden vectors replayed, and within 2e-16 of the range at 1024 points'
    """
    model = model.at_probes()
    data = model.artifact or model.to_bytes()
    _keep_other(folder, stem, data)
    with staged(folder) as scratch:
        for name in FACE:
            shutil.copyfile(LIBRARY / name, scratch / name)
        texts = _texts(model, stem, data)
        for name, text in texts.items():
            (scratch / name).write_text(text, encoding="utf-8")
        (scratch / f"{stem}.sna").write_bytes(data)
        node = which("node")
        check = _checked(node, scratch, stem, model) if node else UNCHECKED
        files = [*FACE, f"{stem}.sna", *texts]
        return install(scratch, folder, list(map(Path, files)), []), check, node is not None


def _keep_other(folder: Path, stem: str, data: bytes) -> None:
    """Raises InputError where another model of this name lies in a folder that is not an export, or
    the folder is that of a model of another name; one of this name is a newer one."""
    others = sorted(p.name for p in folder.glob("*.sna") if p.name != f"{stem}.sna")
    if others and (folder / "check.mjs").exists():
        raise InputError(
            f"{folder} is the export of {others[0]}, whose index.js would be lost; choose another"
            f" folder with -o, or remove {others[0]} first"
        )
    there = folder / f"{stem}.sna"
    if there.is_file() and not (folder / "check.mjs").exists() and there.read_bytes() != data:
        raise InputError(
            f"{there} is another model and would be overwritten; choose another folder with -o, or"
            " another name with --stem"
        )


UNCHECKED = (
    "not run: no node found here; the library replays the golden vectors of the model whenever it"
    " opens it, and `node check.mjs` in the folder does so on a machine with node"
)


def _texts(model: Model, stem: str, data: bytes) -> dict[str, str]:
    """The files that say which model it is, by name."""
    told = re.sub(r"\s+", " ", stem)
    digest = sha256(data).hexdigest()[:16]
    fill = partial(_filled, stem=told, file=json.dumps(f"{stem}.sna"), digest=digest)
    name = re.sub(r"[^a-z0-9._-]+", "-", stem.lower())[:200].strip("-._") or "model"
    example = {
        axis.name: axis.level_names[0] if axis.level_names else (axis.lower + axis.upper) / 2
        for axis in asked(model)
    }
    package = {
        "name": name,
        "version": "1.0.0",
        "keywords": ["sna-edge"],
        "description": f"{', '.join(model.output_names)} of {', '.join(example)}",
        "type": "module",
        "main": "index.js",
        "types": "index.d.ts",
        "exports": {
            ".": {"types": "./index.d.ts", "import": "./index.js"},
            "./sna.js": {"types": "./sna.d.ts", "import": "./sna.js"},
        },
        "files": ["*.js", "*.mjs", "*.d.ts", "*.wasm", "*.sna"],
        "private": True,
    }
    return {
        "package.json": json.dumps(package, indent=2, ensure_ascii=False) + "\n",
        "index.js": fill("index.js.in"),
        "index.d.ts": fill("index.d.ts.in"),
        "check.mjs": fill("check.mjs.in"),
        "README.md": fill("README.md.in", example=json.dumps(example, ensure_ascii=False)),
    }


def _filled(template: str, **words: str) -> str:
    text = (LIBRARY / "templates" / template).read_text(encoding="utf-8")
    return re.sub("@([a-z]+)@", lambda found: words[found[1]], text)


def asked(model: Model) -> list[Axis]:
    """Axes of the inputs that no formula computes, then of raw readings: the order of sna.js."""
    if model.readings is None:
        return list(model.axes)
    derived = model.readings.formulas
    raw = [spline_axis(r.name, r.unit, r.lower, r.upper, spans=1) for r in model.readings.raw]
    return [axis for d, axis in enumerate(model.axes) if d not in derived] + raw


def _checked(node: str, folder: Path, stem: str, model: Model) -> str:
    """Runs check.mjs, which opens the model (its golden vectors are replayed) and prints values at
    points of the domain, and compares these with the reference."""
    reference = sna_edge.from_bytes((folder / f"{stem}.sna").read_bytes(), backend="numpy")
    axes = tuple(asked(reference))
    points = domain_points(axes, POINTS)
    given = folder / "points.json"
    given.write_text(json.dumps(points.tolist()))
    words = [node, str(folder / "check.mjs"), str(given)]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    given.unlink()
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        raise BackendError(
            f"node refuses the exported model ({last[:200]}); nothing was written, report this with"
            " the model"
        )
    found = np.array(json.loads(done.stdout), dtype=float).reshape(len(points), -1)
    query = {axis.name: points[:, d] for d, axis in enumerate(axes)}
    expected = reference.evaluate(query, level_index=True).value
    good = np.isfinite(expected).all(axis=1)
    span = np.array([_span(o.range or (0.0, 1.0)) for o in reference.outputs])
    worst = float(np.max(np.abs(found - expected)[good] / span, initial=0.0))
    if not worst <= TOLERANCE or not np.isnan(found[~good]).all():  # NaN too
        raise BackendError(
            f"node differs by {worst:.1e} of the range from the model; nothing was written, report"
            " this with the model"
        )
    return (
        "run in node: golden vectors replayed, and within"
        f" {worst:.0e} of the range at {len(points)} points"
    )


def _span(ends: tuple[float, float]) -> float:
    """Width of a range; of an output that hardly moves, a share of its size."""
    return max(np.ptp(ends), 2.0**-8 * np.abs(ends).max(), float(np.finfo(float).tiny))
