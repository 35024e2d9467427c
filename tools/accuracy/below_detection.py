"""Readings below detection: what a fit makes of `<L` against setting them to L, dropping them, and
knowing them.

    python tools/accuracy/below_detection.py [--seeds 3] [--rows 250]

Two functions of two inputs with normal errors, of values and of their logarithms, of which 30 % lie
below L: RMSE against the truth at new inputs (of logarithms for the second) and what the 90 %
interval covers of new measurements there.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from sna_export.fit import FitResult, fit
from sna_export.table import Table

Floats = NDArray[np.float64]
NOISE, BELOW = 0.3, 0.3


def truth(x: Floats) -> Floats:
    """[N] of x [N, 2]."""
    return np.asarray(3.0 * x[:, 0] + np.sin(5.0 * x[:, 1]))


def fits(logs: bool, seed: int, count: int) -> dict[str, FitResult]:
    """The four ways."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(count, 2))
    v = truth(x) + NOISE * rng.normal(size=count)
    v = np.exp(v) if logs else v
    limit = float(np.quantile(v, BELOW))
    low = v < limit
    cells = [
        f"<{limit!r}" if below else repr(float(one)) for one, below in zip(v, low, strict=True)
    ]

    def of(y: object, rows: NDArray[np.bool_], take: bool = False) -> FitResult:
        table = Table.of({"a": x[rows, 0], "b": x[rows, 1], "y": y})
        ends = {"a": (0.0, 1.0), "b": (0.0, 1.0)}
        return fit(table, ["y"], below_detection=take, domain=ends)

    every = np.ones(count, dtype=bool)
    return {
        "--below-detection": of(cells, every, True),
        "set to L": of(np.where(low, limit, v), every),
        "dropped": of(v[~low], ~low),
        "all known": of(v, every),
    }


def judged(found: FitResult, logs: bool, seed: int) -> tuple[float, float]:
    """RMSE and coverage in percent at 2,000 new inputs."""
    rng = np.random.default_rng([seed, 1])
    x = rng.uniform(size=(2000, 2))
    new = truth(x) + NOISE * rng.normal(size=len(x))
    answer = found.model.evaluate(x, level=0.9)
    value, lower, upper = (a[:, 0] for a in (answer.value, answer.lower, answer.upper))
    if logs:
        value, lower, upper = (np.log(np.maximum(a, 1e-3)) for a in (value, lower, upper))
    error = float(np.sqrt(np.mean((value - truth(x)) ** 2)))
    return error, float(100.0 * np.mean((lower <= new) & (new <= upper)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=250)
    asked = parser.parse_args()
    print("| errors of | readings below L | RMSE | covered |\n|---|---|--:|--:|")
    for logs in (False, True):
        scores: dict[str, list[tuple[float, float]]] = {}
        for seed in range(asked.seeds):
            for how, found in fits(logs, seed, asked.rows).items():
                scores.setdefault(how, []).append(judged(found, logs, seed))
        for how, every in scores.items():
            error, covered = np.mean(every, axis=0)
            kind = "logarithms" if logs else "values"
            print(f"| {kind} | {how} | {error:.3f} | {covered:.0f} % |", flush=True)


if __name__ == "__main__":
    main()
