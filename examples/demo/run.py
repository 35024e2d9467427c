"""The demo on real data: table -> fit -> quantize -> certify -> model.sna -> device -> forward
and inverse answers -> report.

python examples/demo/run.py [--lpbf | --table my.csv --target col] [--out out/demo]
    [--effort quick] [--time-limit S]
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import console
import numpy as np
import page
import tables

from sna_edge.cli.console import json_value
from sna_edge.errors import SnaError
from sna_edge.model import Model

STORED = ("float32", "int16", "int8")
DEPLOYED = "int16"
COUNT = 64  # different solutions asked for
DEVICE = Path(__file__).with_name("device.py")


def main() -> int:
    args = arguments()
    try:
        job = (
            tables.lpbf()
            if args.lpbf
            else tables.from_file(args.table, args.target)
            if args.table
            else tables.concrete()
        )
        run(job, Path(args.out), args.seed, args.effort, args.time_limit)
    except (tables.Unusable, SnaError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lpbf", action="store_true")
    parser.add_argument("--table")
    parser.add_argument("--target")
    parser.add_argument("--out", default="out/demo")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--effort", default="normal")
    parser.add_argument("--time-limit", type=float)
    return parser.parse_args()


def run(
    job: tables.Job,
    out: Path,
    seed: int = 0,
    effort: str = "normal",
    time_limit: float | None = None,
) -> None:
    """Everything in order; prints as it goes and writes the reports."""
    out.mkdir(parents=True, exist_ok=True)
    console.title(job.title)
    train, test = tables.split(job, out, seed)
    found, seconds = fitted(job, train, seed, effort, time_limit)
    console.fit(found, seconds)
    files = stored(found, out)
    console.files(files)
    question = asked(job, found.model, found.measured)
    (out / "question.json").write_text(json.dumps(question), encoding="utf-8")
    device = on_device(out / "model.sna", test, out / "question.json")
    by_type = {name: held_out_rmse(entry["model"], test) for name, entry in files.items()}
    console.forward(device, by_type)
    console.inverse(device)
    console.speed(device)
    page.write(out / "report.html", job.title, found, files, device, by_type)
    sizes = {
        name: {"bytes": entry["bytes"], "certificate": entry["certificate"]}
        for name, entry in files.items()
    }
    facts = {
        "fit": found.report,
        "seconds": seconds,
        "files": sizes,
        "device": device,
        "held_out_rmse": by_type,
    }
    (out / "report.json").write_text(json.dumps(json_value(facts)), encoding="utf-8")
    print(f"\nwritten: {out / 'model.sna'}, {out / 'report.html'}, {out / 'report.json'}")


def fitted(
    job: tables.Job, train: Path, seed: int, effort: str, time_limit: float | None
) -> tuple[Any, float]:
    """The fit, with the units of the job where the table names none, and its seconds."""
    from sna_export.fit import fit
    from sna_export.table import read
    from sna_export.table.units import with_units

    start = time.perf_counter()
    words = {
        "inputs": job.inputs,
        "categorical": job.categorical,
        "seed": seed,
        "effort": effort,
        "time_limit": time_limit,
    }
    found = fit(read(train), job.targets, **words, progress=sys.stderr.isatty())
    axes = [replace(a, unit=job.units.get(a.name, a.unit)) for a in found.model.axes]
    outputs = [replace(o, unit=job.units.get(o.name, o.unit)) for o in found.model.outputs]
    return (
        replace(found, model=with_units(found.model.replace(axes=axes, outputs=outputs))),
        time.perf_counter() - start,
    )


def stored(found: Any, out: Path) -> dict[str, dict[str, Any]]:
    """The model as float32, int16 and int8 files with their certificates; model.sna is the int16
    one."""
    from sna_export.quantize import quantize

    files = {}
    for name in STORED:
        plain = name == "float32"
        unrounded = found.model.replace(dtypes=[name] * len(found.model.axes))
        model = (
            unrounded if plain else quantize(found.model, name, data=found.inputs, level_index=True)
        )
        path = out / ("model.sna" if name == DEPLOYED else f"model.{name}.sna")
        model.save(path)
        files[name] = {
            "path": path,
            "bytes": path.stat().st_size,
            "certificate": model.certificate,
            "model": model,
        }
    return files


def asked(job: tables.Job, model: Model, measured: np.ndarray) -> dict[str, Any]:
    """The inverse question: targets, the unknown of the first query, what stays fixed in the
    second."""
    targets = job.question or {
        name: float(f"{v:.3g}")
        for name, v in zip(model.output_names, np.nanmedian(measured, axis=0), strict=True)
    }
    unknown = job.unknown or most_important(model)
    return {"targets": targets, "unknown": unknown, "fixed": job.fixed, "count": COUNT}


def most_important(model: Model) -> str:
    """The continuous input with the largest total Sobol index."""
    total = np.nan_to_num(model.sobol(sampled=True).total[:, 0])
    continuous = [a.kind != "categorical" for a in model.axes]
    return model.axes[int(np.argmax(np.where(continuous, total, -1.0)))].name


def on_device(model: Path, test: Path, question: Path) -> dict[str, Any]:
    """Run device.py in a process of its own, where nothing but numpy can be imported."""
    done = subprocess.run(
        [sys.executable, str(DEVICE), str(model), str(test), str(question)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise tables.Unusable(f"the device run failed: {done.stderr.strip().splitlines()[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def held_out_rmse(model: Model, test: Path) -> dict[str, float]:
    """RMSE per output of the held-out rows."""
    with open(test, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    query = {
        a.name: [r[a.name] if a.kind == "categorical" else float(r[a.name] or "nan") for r in rows]
        for a in model.axes
    }
    value = model.evaluate(query, extrapolate=True).value
    measured = np.array([[float(r[name] or "nan") for name in model.output_names] for r in rows])
    return dict(
        zip(
            model.output_names,
            np.sqrt(np.nanmean((value - measured) ** 2, axis=0)).tolist(),
            strict=True,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
