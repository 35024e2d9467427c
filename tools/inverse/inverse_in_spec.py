"""How often parts are in spec at settings that `in_spec` gives for 95 %: fits of noisy rows of
known functions, the true function in place of the model. Writes docs/tables/in_spec.md.

python tools/inverse/inverse_in_spec.py [--seeds 10] [--write]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sna_edge.inverse import in_spec
from sna_edge.numerics import normal
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity
from sna_export.fit import AxisSpec, fit_arrays

Floats = np.ndarray
TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "in_spec.md"
ROWS, SECONDS, ASKED, SETTINGS = 500, 12.0, 0.95, 16
HALF = 3.0
"""Standard deviations from the middle of a spec to its limits."""


@dataclass(frozen=True)
class Function:
    """y [N, K] and standard deviation of its noise [N, K] at x [N, D] in 0..1; correlation of the
    noise of two outputs."""

    name: str
    inputs: int
    mean: Callable[[Floats], Floats]
    deviation: Callable[[Floats], Floats]
    correlation: float = 0.0


def _columns(*columns: Floats) -> Floats:
    return np.stack(np.broadcast_arrays(*columns), axis=1)


FUNCTIONS = (
    Function("hill, even noise", 3,
             lambda x: _columns(np.exp(-4 * ((x - 0.4) ** 2).sum(axis=1)) + 0.5 * x[:, 0]),
             lambda x: _columns(0.05 + 0 * x[:, 0])),
    Function("waves, noise grows with x1", 3,
             lambda x: _columns(np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]),
             lambda x: _columns(0.02 + 0.15 * x[:, 0])),
    Function("product, noise in percent", 4,
             lambda x: _columns((1 + x[:, 0]) * (1 + x[:, 1] ** 2) / (1 + x[:, 2])),
             lambda x: _columns(0.05 * (1 + x[:, 0]) * (1 + x[:, 1] ** 2) / (1 + x[:, 2]))),
    Function("two outputs, noise +0.8", 3,
             lambda x: _columns(x[:, 0] + x[:, 1] ** 2, np.cos(2 * x[:, 0]) + x[:, 2]),
             lambda x: _columns(0.06 + 0 * x[:, 0], 0.06 + 0 * x[:, 0]), 0.8),
    Function("two outputs, one heteroscedastic, noise -0.7", 3,
             lambda x: _columns(x[:, 0] * x[:, 1] + x[:, 2], np.exp(x[:, 0]) - x[:, 1]),
             lambda x: _columns(0.03 + 0.08 * x[:, 2], 0.08 + 0 * x[:, 0]), -0.7),
    Function("melt pool, width and depth", 3,
             lambda x: _columns(np.sqrt((0.5 + x[:, 0]) / (0.5 + x[:, 1])),
                                (0.5 + x[:, 0]) / (0.5 + x[:, 1]) / (1 + x[:, 2])),
             lambda x: _columns(0.02 + 0.04 * x[:, 0], 0.03 + 0.05 * x[:, 0]), 0.5),
)  # fmt: skip


@dataclass
class Shares:
    """Shares of parts in spec per setting, and how many questions had none."""

    different: list[Floats] = field(default_factory=list)
    cheapest: list[Floats] = field(default_factory=list)
    said: list[float] = field(default_factory=list)
    none: int = 0


def true_share(function: Function, x: Floats, low: Floats, high: Floats) -> Floats:
    """Probability [n] of parts at x [n, D] to be in spec."""
    y, s = function.mean(x), function.deviation(x)
    k = y.shape[1]
    together = np.full((k, k), function.correlation) + (1 - function.correlation) * np.eye(k)
    return normal.of_box((low - y) / s, (high - y) / s, together)


def drawn(function: Function, rows: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Noisy rows of a function."""
    x = rng.uniform(size=(rows, function.inputs))
    y, s = function.mean(x), function.deviation(x)
    z = rng.standard_normal(y.shape)
    if y.shape[1] == 2:
        z[:, 1] = function.correlation * z[:, 0] + np.sqrt(1 - function.correlation**2) * z[:, 1]
    return x, y + s * z


def measured(function: Function, seed: int, found: Shares) -> None:
    """One fit and one spec: different settings, and the cheapest from a setting at random."""
    rng = np.random.default_rng(1000 * seed + len(function.name))
    x, y = drawn(function, ROWS, rng)
    inputs = [f"x{d + 1}" for d in range(function.inputs)]
    outputs = [f"y{k + 1}" for k in range(y.shape[1])]
    axes = [AxisSpec(name) for name in inputs]
    fit = fit_arrays(x, y, axes, outputs, time_limit=SECONDS)
    beside = calibrated(fit.model, fit.inputs, fit.measured, fit.predicted).model
    model = with_familiarity(beside, fit.inputs)
    middle = rng.uniform(0.2, 0.8, size=(1, function.inputs))
    around = HALF * function.deviation(middle)[0]
    low, high = function.mean(middle)[0] - around, function.mean(middle)[0] + around
    limits = {name: (a, b) for name, a, b in zip(outputs, low, high, strict=True)}
    answer = in_spec(model, limits, inputs, ASKED, SETTINGS, seed=seed)
    ends = [(a.lower, a.upper) for a in model.axes]
    near = {a.name: rng.uniform(*e) for a, e in zip(model.axes, ends, strict=True)}
    one = in_spec(model, limits, inputs, ASKED, near=near, seed=seed)
    if not len(answer):
        found.none += 1
        return
    found.different.append(true_share(function, answer.x, low, high))
    found.said += answer.probability.tolist()
    if len(one):
        found.cheapest.append(true_share(function, one.x, low, high))


def lines(seeds: int) -> list[str]:
    """A row per function and one for all."""
    head = [
        "| function | questions answered | settings | said | in spec | least setting | cheapest |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    every = Shares()
    for function in FUNCTIONS:
        found = Shares()
        for seed in range(seeds):
            measured(function, seed, found)
        head.append(_line(function.name, found, seeds))
        print(head[-1], flush=True)
        every.different += found.different
        every.cheapest += found.cheapest
        every.said += found.said
        every.none += found.none
    return [*head, _line("all", every, seeds * len(FUNCTIONS))]


def _line(name: str, found: Shares, asked: int) -> str:
    if not found.different:
        return f"| {name} | 0 of {asked} |  |  |  |  |  |"
    shares, cheap = np.concatenate(found.different), np.concatenate(found.cheapest)
    cells = [100 * np.mean(found.said), 100 * shares.mean(), 100 * shares.min(), 100 * cheap.mean()]
    numbers = " | ".join(f"{c:.1f} %" for c in cells)
    return f"| {name} | {asked - found.none} of {asked} | {len(shares)} | {numbers} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--write", action="store_true", help="write docs/tables/in_spec.md")
    args = parser.parse_args()
    found = lines(args.seeds)
    if args.write:
        TABLE.write_text("\n".join(found) + "\n", encoding="utf-8")
    print("\n".join(found))


if __name__ == "__main__":
    main()
