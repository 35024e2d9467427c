"""What 90 % intervals cover in new rows that lack a reading, by what is lacking: known functions of
two sensors that go together, one that does not and a lot, with holes at random.

    python tools/accuracy/missing_coverage.py [--seeds 4] [--rows 300] [--effort quick]

Each cell is the mean of the seeds, in brackets the least; 4,000 new rows each.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_export.fit import fit
from sna_export.table import Table

Floats = NDArray[np.float64]
FRESH = 4000
INPUTS = ("a", "b", "c", "lot")
FUNCTIONS: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "sum": lambda a, b, c, lot: np.sin(a) + b * b + lot + 0.05 * c,
    "product": lambda a, b, c, lot: a * c + np.sin(3.0 * b) + 0.1 * lot,
    "line": lambda a, b, c, lot: 0.3 * a + 2.0 * c + b + 0.2 * lot,
}
NOISE = 0.1


def columns(function: str, count: int, seed: int) -> dict[str, Any]:
    """b follows a; a fifth of a, a tenth of c and 15 % of the lots are missing."""
    rng = np.random.default_rng(seed)
    a, c = rng.uniform(1.0, 5.0, count), rng.random(count)
    b = 0.5 * a + 0.3 * rng.standard_normal(count)
    lot = rng.integers(0, 2, count)
    y = FUNCTIONS[function](a, b, c, lot.astype(float)) + NOISE * rng.standard_normal(count)
    named = np.array(["p", "q"], dtype=object)[lot]
    return {
        "a": np.where(rng.random(count) < 0.2, np.nan, a),
        "b": b,
        "c": np.where(rng.random(count) < 0.1, np.nan, c),
        "lot": np.where(rng.random(count) < 0.15, "", named),
        "y": y,
    }


def lacking(given: dict[str, Any]) -> dict[str, NDArray[np.bool_]]:
    """Rows by what they lack."""
    gone = {"a": np.isnan(given["a"]), "c": np.isnan(given["c"]), "lot": given["lot"] == ""}
    count = np.sum(list(gone.values()), axis=0)
    alone = {name: at & (count == 1) for name, at in gone.items()}
    return {"nothing": count == 0, **alone, "several": count > 1, "any": count > 0}


def covered(function: str, rows: int, seed: int, effort: str) -> dict[str, float]:
    """Shares of new rows inside their intervals."""
    given, fresh = columns(function, rows, seed), columns(function, FRESH, 1000 + seed)
    model = fit(
        Table.of(given), ["y"], list(INPUTS), categorical=["lot"], missing="model", effort=effort
    ).model
    asked = {axis.name: fresh[axis.name] for axis in model.axes if axis.name in INPUTS}
    found = model.evaluate(asked, extrapolate=True)
    inside = (found.lower[:, 0] <= fresh["y"]) & (fresh["y"] <= found.upper[:, 0])
    return {name: float(inside[at].mean()) for name, at in lacking(fresh).items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--effort", default="quick")
    asked = parser.parse_args()
    names = list(lacking(columns("sum", 9, 0)))
    print("| function | " + " | ".join(f"lacks {n}" for n in names) + " |")
    print("| --- |" + " --: |" * len(names))
    for function in FUNCTIONS:
        every = [covered(function, asked.rows, s, asked.effort) for s in range(asked.seeds)]
        cells = [
            f"{100 * np.mean([e[n] for e in every]):.0f} % ({100 * min(e[n] for e in every):.0f})"
            for n in names
        ]
        print(f"| {function} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
