"""A fit of the first year of a gas turbine's CO asked of the next two years.

    python tools/accuracy/later_years.py [FOLDER] [--seed N]

FOLDER holds gas_turbine/ (shared/data beside the tree). For each candidate of the search and for
what is delivered: error out of fold, and RMS error over the spread of the later years' rows whose
inputs lie in the domain. Correlated sensors drift apart there; behind exp a function that runs away
where no row is errs by more than anything else does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sna_export.fit import fit_table
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.pipeline import pipeline
from sna_export.table import read_table

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
FIRST, LATER, TARGET = 2011, (2012, 2013), "CO"
Floats = np.ndarray


def errors(answers: dict[int, Floats], measured: dict[int, Floats]) -> str:
    """Of every later year."""
    return " | ".join(
        f"{np.sqrt(np.mean((answers[y] - measured[y]) ** 2)) / measured[y].std():.3g}"
        for y in LATER
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", default=str(FOLDER))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tables = {
        y: read_table(f"{args.folder}/gas_turbine/gas_turbine_{y}.csv") for y in (FIRST, *LATER)
    }
    found: list[list[Candidate]] = []
    search = pipeline.candidates

    def kept(*given, **more):  # type: ignore[no-untyped-def]
        found.append(search(*given, **more))
        return found[-1]

    pipeline.candidates = kept
    made = fit_table(tables[FIRST], [TARGET], seed=args.seed, plain=True, progress=True)
    axes = made.model.axes
    low, high = (np.array([getattr(a, end) for a in axes]) for end in ("lower", "upper"))
    x, y = {}, {}
    for year in LATER:
        rows = np.stack([tables[year].column(a.name) for a in axes], axis=1)
        inside = np.all((rows >= low) & (rows <= high), axis=1)
        x[year], y[year] = rows[inside], tables[year].column(TARGET)[inside]
    print(f"| candidate | out of fold | {' | '.join(map(str, LATER))} |\n| --- | --: | --: | --: |")
    for c in found[-1]:
        there = errors({year: c.values(x[year])[:, 0] for year in LATER}, y)
        print(f"| {c.name[:60]}, link {c.outputs[0].link} | {c.error:.3f} | {there} |")
    there = errors({year: made.model.backend.value(x[year])[:, 0] for year in LATER}, y)
    print(f"| delivered: {made.report['chosen'][:50]} | | {there} |")
    print("\n".join(made.report["notes"]))


if __name__ == "__main__":
    main()
