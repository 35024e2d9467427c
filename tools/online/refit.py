"""A model fitted anew: gas turbine CO, a quick fit of 2011, the first half of 2012 through `watch`
with one row in five measured, then `refit`; asked of the second half of 2012.

python tools/online/refit.py [--thin N] [--write]

The second half is judged by the old model alone, by the old model as the line has corrected it (one
row in five measured there, too, 12 rows late), and by models fitted anew from the log of the first
half, alone and corrected. Inputs outside the domain count as its border. `--thin N` takes every
Nth row of each year. `--write` puts the table into docs/tables/refit.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from online import DATA, Floats, readings, rmse, year

import sna_edge

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "refit.md"
HEAD = "| --- | --: | --: |"
KINDS = {
    "refitted": [],
    "refitted, a new part counts as five rows": ["--weight-new", "5"],
    "refitted, the newest 3,000 rows alone": ["--most-rows", "3000"],
}


def sna(folder: Path, *words: object, given: str = "") -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "sna_edge", *map(str, words)],
        cwd=folder, input=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 3):
        sys.exit(f"{words}: {done.stderr}")
    return done.stdout


def first_fit(folder: Path, rows: Floats, names: Sequence[str]) -> None:
    """co.sna from a table, and limits that judge wherever inputs lie."""
    header = ",".join(names)
    np.savetxt(folder / "past.csv", rows, "%.10g", ",", header=header, comments="")
    sna(folder, "fit", "past.csv", "--target", "CO", "--effort", "quick", "-o", "co.sna")
    axes = sna_edge.load(folder / "co.sna").axes
    limits = {"outputs": {"CO": {"USL": 10.0}}}
    limits["inputs"] = {a.name: {"tolerance": 0.9 * a.width} for a in axes}  # type: ignore[assignment]
    (folder / "limits.json").write_text(json.dumps(limits))


def judged(folder: Path, model: str, parts: Sequence[dict[str, Any]], *options: str) -> Floats:
    """Values of a line that judges these parts."""
    text = "".join(json.dumps(p) + "\n" for p in parts)
    words = ["watch", model, "--limits", "limits.json", "--advice-ms", 0, *options]
    answers = [json.loads(line) for line in sna(folder, *words, given=text).splitlines()]
    return np.array([a["outputs"]["CO"]["value"] for a in answers if "verdict" in a])


def table(past: Floats, new: Floats, names: Sequence[str]) -> str:
    """The page's table: `past` [N, 10] trains, `new` [M, 10] is run, its second half asked."""
    half = len(new) // 2
    parts = readings(new, tuple(names[:-1]))
    split = next(i for i, p in enumerate(parts) if p["id"] == half and "measured" not in p)
    before, after = parts[:split], parts[split:]
    alone = [p for p in after if "measured" not in p]
    y = new[half:, -1]
    lines = ["| CO of the second half of 2012 | RMSE, mg/m3 | over the old model |", HEAD]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first_fit(folder, past, names)
        learn = ["--learn", "recalibrate", "--learned"]
        judged(folder, "co.sna", before, *learn, "co.learned", "--log", "log.jsonl")
        found = {
            "the model of 2011": judged(folder, "co.sna", alone, "--learn", "off"),
            "corrected on the line": judged(folder, "co.sna", after, *learn, "co.learned"),
        }
        for i, (kind, options) in enumerate(KINDS.items()):
            file = f"new-{i}.sna"
            said = sna(folder, "refit", "co.sna", "log.jsonl", "-o", file, "--json", *options)
            answer = json.loads(said)
            if answer["status"] != "ok":
                lines.append(f"| {kind} | {'; '.join(answer['worse'])} | - |")
                continue
            found[kind] = judged(folder, file, alone, "--learn", "off")
            found[f"{kind}, and corrected on the line"] = judged(
                folder, file, after, *learn, f"{i}.learned"
            )
    old = rmse(y, found["the model of 2011"])
    lines += [f"| {k} | {rmse(y, v):.3f} | {rmse(y, v) / old:.3f} |" for k, v in found.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--thin", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"no data in {DATA}: see docs/data.md")
    header = (DATA / "gas_turbine_2011.csv").read_text().split("\n", 1)[0].strip().split(",")
    text = table(*(year(n)[:: args.thin] for n in (2011, 2012)), header)
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
