"""How many rows plans need: a given error beside random rows and adaptive sampling by scikit-learn,
and the optimum of five known problems.

    python tools/accuracy/design.py [--seeds N] [--learn-seeds N] [--json OUT.json]

All plans are judged by the same Gaussian process, that of `sna_export.design`, on 2,000 fresh
random rows. Writes docs/tables/design.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import design_references
import functions
import numpy as np
from design_problems import PROBLEMS, Problem
from numpy.typing import NDArray

from sna_export.design import Factor, Measured, Space, next_by_rows, starting_plan
from sna_export.design.belief import of_rows

Floats = NDArray[np.float64]
Next = Callable[[Space, Floats, Floats, int], Floats]
ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "design.md"
NAMES = ("Branin", "Hartmann 3", "ishigami", "friedman", "otl circuit", "borehole")
RANDOM, MOST = 10, 14
"""Rows for each input: of the random plan whose error is the goal, and at most."""
BATCH = 4
EVALUATIONS, WITHIN = 40, 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--learn-seeds", type=int, help="of the first table (default: --seeds)")
    parser.add_argument("--json", type=Path, metavar="OUT.json")
    args = parser.parse_args()
    best = [optimum(problem, args.seeds) for problem in PROBLEMS]
    learnt = [learning(function, args.learn_seeds or args.seeds) for function in learnt_functions()]
    TABLE.write_text(markdown(learnt, best), encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps([learnt, best], indent=1) + "\n", encoding="utf-8")


def learnt_functions() -> list[Any]:
    """Two to eight inputs."""
    known = {f.name: f for f in (*PROBLEMS, *functions.FUNCTIONS)}
    return [known[name] for name in NAMES]


def unit_space(dimensions: int) -> Space:
    """The unit cube."""
    return Space(tuple(Factor(f"x{d}", 0.0, 1.0) for d in range(dimensions)))


def ours(space: Space, u: Floats, y: Floats, seed: int) -> Floats:
    """BATCH rows of `sna-edge design --add`."""
    return next_by_rows(space, BATCH, Measured(u, y[:, None]), ["y"], seed=seed).x


def reference(kind: str) -> Next:
    """BATCH rows by scikit-learn."""
    return lambda space, u, y, seed: design_references.next_rows(kind, u, y, BATCH, seed)


def random_rows(space: Space, u: Floats, y: Floats, seed: int) -> Floats:
    """BATCH rows at random."""
    return np.random.default_rng(seed).random((BATCH, u.shape[1]))


PLANS: dict[str, Next] = {
    "random": random_rows,
    "design": ours,
    "ALM": reference("ALM"),
    "ALC": reference("ALC"),
}


def learning(function: Any, seeds: int) -> dict[str, Any]:
    """Rows of each plan to the error that RANDOM random rows an input have in the median."""
    bounds = np.asarray(function.bounds, dtype=float)

    def value(u: Floats) -> Floats:
        return np.asarray(function.value(bounds[:, 0] + u * np.ptp(bounds, axis=1)))

    curves = {
        name: [curve(value, len(bounds), plan, name, seed) for seed in range(seeds)]
        for name, plan in PLANS.items()
    }
    start = 2 * len(bounds) + 2
    at = round((RANDOM * len(bounds) - start) / BATCH)
    level = float(np.median([errors[at] for errors in curves["random"]]))
    rows = {
        name: float(np.median([needed(errors, level, start) for errors in found]))
        for name, found in curves.items()
    }
    found = {"function": function.name, "inputs": len(bounds), "level": level, "rows": rows,
             "seeds": seeds}  # fmt: skip
    print(found, flush=True)
    return found


def curve(
    value: Callable[[Floats], Floats], dimensions: int, plan: Next, name: str, seed: int
) -> list[float]:
    """Errors of the process, as a share of the spread, after each batch."""
    space = unit_space(dimensions)
    test = np.random.default_rng(10_000 + seed).random((2000, dimensions))
    truth = value(test)
    if name == "random":
        u = np.random.default_rng(seed).random((2 * dimensions + 2, dimensions))
    else:
        u = starting_plan(space, 2 * dimensions + 2, seed=seed).x
    y, errors = value(u), []
    while True:
        found = of_rows(space, u, y).mean(test)
        errors.append(float(np.sqrt(np.mean((found - truth) ** 2)) / truth.std()))
        if len(u) + BATCH > MOST * dimensions:
            return errors
        fresh = plan(space, u, y, 1000 * seed + len(u))
        u, y = np.concatenate([u, fresh]), np.append(y, value(fresh))


def needed(errors: list[float], level: float, start: int) -> float:
    """Rows after which the error is at most `level` and stays there; infinite where it never is."""
    above = [i for i, e in enumerate(errors) if e > level]
    last = above[-1] + 1 if above else 0
    return np.inf if last == len(errors) else start + BATCH * last


def optimum(problem: Problem, seeds: int) -> dict[str, Any]:
    """Evaluations until the least value found is within WITHIN of the range from the least there
    is."""
    found = [evaluations(problem, seed) for seed in range(seeds)]
    count = [f[0] for f in found]
    answer = {
        "problem": problem.name,
        "inputs": len(problem.bounds),
        "evaluations": float(np.median(count)),
        "reached": int(np.isfinite(count).sum()),
        "left": float(np.median([f[1] for f in found])),
        "seeds": seeds,
    }
    print(answer, flush=True)
    return answer


def evaluations(problem: Problem, seed: int) -> tuple[float, float]:
    """Evaluations to the goal (infinite beyond EVALUATIONS), and what is left after all of them, of
    the range."""
    factors = [Factor(f"x{d}", *ends) for d, ends in enumerate(problem.bounds.tolist())]
    space, width = Space(tuple(factors)), problem.range()
    x = starting_plan(space, 2 * len(factors) + 2, seed=seed).x
    y, first = problem.value(x), np.inf
    while True:
        left = (float(y.min()) - problem.least) / width
        if left <= WITHIN and first == np.inf:
            first = float(np.argmax((y - problem.least) / width <= WITHIN)) + 1
        if len(x) >= EVALUATIONS:
            return first, left
        rows = Measured(x, y[:, None])
        fresh = next_by_rows(space, 1, rows, ["y"], targets={"y": "min"}, seed=len(x)).x
        x, y = np.concatenate([x, fresh]), np.append(y, problem.value(fresh))


def markdown(learnt: list[dict[str, Any]], best: list[dict[str, Any]]) -> str:
    """Both tables."""
    lines = [
        f"Rows until the error stays below the median error of {RANDOM} random rows an input, of at"
        f" most {MOST} an input; medians of {learnt[0]['seeds']} seeds.",
        "",
        "| function | inputs | error, of the spread | random | `design --add` | scikit-learn ALM |"
        " ALC | of random | of the better reference |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for e in learnt:
        r = e["rows"]
        peer = min(r["ALM"], r["ALC"])
        lines.append(
            f"| {e['function']} | {e['inputs']} | {e['level']:.3g} | {number(r['random'])} |"
            f" {number(r['design'])} | {number(r['ALM'])} | {number(r['ALC'])} |"
            f" {ratio(r['design'], r['random'])} | {ratio(r['design'], peer)} |"
        )
    lines += [
        "",
        f"Evaluations to within {100 * WITHIN:g} % of the range from the least value, of at most"
        f" {EVALUATIONS}, one at a time, the starting plan included; medians of"
        f" {best[0]['seeds']} seeds:",
        "",
        f"| problem | inputs | evaluations | reached | left after {EVALUATIONS}, of the range |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {e['problem']} | {e['inputs']} | {number(e['evaluations'])} |"
        f" {e['reached']} of {e['seeds']} | {100 * e['left']:.2g} % |"
        for e in best
    ]
    return "\n".join(lines) + "\n"


def number(rows: float) -> str:
    """A count, or that it was not reached."""
    return f"{rows:g}" if np.isfinite(rows) else "not reached"


def ratio(a: float, b: float) -> str:
    """Two decimals, '-' where one is not finite."""
    return f"{a / b:.2f}" if np.isfinite(a) and np.isfinite(b) else "-"


if __name__ == "__main__":
    main()
