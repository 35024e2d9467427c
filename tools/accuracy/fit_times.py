"""Seconds, peak memory and error of fits to tables of 250 rows up to ten million, against
scikit-learn on the same rows in the same run: one table.

    python tools/accuracy/fit_times.py [--only WORD] [--write]

Every fit and every reference is a process of its own, so that peak memory is that of one: rows,
libraries and all. Processor seconds are those of all its threads; both they and the seconds of the
clock begin with the rows in memory. Errors are RMSE on fresh rows without noise over the spread of
these. `--write` keeps a line per table in docs/tables/fit_times.md; ten million rows are
measured where `--only` names them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from functions import FUNCTIONS
from large_table import law
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "fit_times.md"
HEAD = (
    "| table | processor s | wall s | peak MB | error / spread | reference |"
    " its processor s | its error / spread | model |\n|---|--:|--:|--:|--:|---|--:|--:|---|\n"
)
FRESH = 20_000
PROCESS, TREES = "Gaussian process", "boosted trees"


@dataclass(frozen=True)
class Case:
    """A table of `rows` with `inputs` uniform in [0, 1] or as `of` has them, `noise` in spreads."""

    name: str
    rows: int
    inputs: int
    value: Callable[[Floats], Floats]
    noise: float
    reference: str
    asked: bool = False

    def table(self) -> tuple[Floats, Floats, Floats, Floats]:
        """x, y, fresh x and its values without noise."""
        rng = np.random.default_rng(0)
        x, fresh = rng.random((self.rows, self.inputs)), rng.random((FRESH, self.inputs))
        y, truth = self.value(x), self.value(fresh)
        y += self.noise * truth.std() * rng.normal(size=len(y))
        return x, y, fresh, truth


def of_unit(name: str) -> Callable[[Floats], Floats]:
    """A test function of the unit cube."""
    f = next(f for f in FUNCTIONS if f.name == name)
    return lambda u: f.value(f.bounds[:, 0] + u * np.ptp(f.bounds, axis=1))


def eight(x: Floats) -> Floats:
    """Six inputs as in large tables, and a ridge of four that no sum of products meets."""
    return np.asarray(law(x[:, :6]) + np.tanh(x[:, 6] + x[:, 7] + x[:, 0] - x[:, 2]))


def nine(x: Floats) -> Floats:
    """Six inputs as in large tables, and a product of three."""
    return np.asarray(law(x[:, :6]) + 2.0 * x[:, 6] * np.sin(3.0 * x[:, 7]) * x[:, 8])


CASES = (
    Case("250 x 5, noise 10 %", 250, 5, of_unit("friedman"), 0.1, PROCESS),
    Case("1,000 x 8, borehole", 1000, 8, of_unit("borehole"), 0.0, PROCESS),
    Case("1,000 x 8, no low rank", 1000, 8, eight, 0.0, PROCESS),
    Case("6,000 x 9, noise 10 %", 6000, 9, nine, 0.1, TREES),
    Case("1,000,000 x 6, noise 2 %", 1_000_000, 6, law, 0.02, TREES),
    Case("10,000,000 x 6, noise 2 %", 10_000_000, 6, law, 0.02, TREES, asked=True),
)


def reference(kind: str, x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """A fit of scikit-learn with its defaults: a Gaussian process with a length per input and
    noise, or boosted trees."""
    if kind == TREES:
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(random_state=0).fit(x, y).predict  # type: ignore[no-any-return]
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    kernel = ConstantKernel() * RBF(np.ones(x.shape[1])) + WhiteKernel(1e-2, (1e-10, 1e1))
    process = GaussianProcessRegressor(kernel, normalize_y=True)
    return process.fit(x, y).predict  # type: ignore[no-any-return]


def ours(x: Floats, y: Floats) -> tuple[Callable[[Floats], Floats], str]:
    """The fit, and what it chose."""
    from sna_export.fit import fit_arrays

    found = fit_arrays(x, y)
    model = found.model
    return lambda z: model.evaluate(z, extrapolate=True).value[:, 0], found.report["chosen"]


def here(case: Case, kind: str) -> dict[str, Any]:
    """One fit in this process."""
    x, y, fresh, truth = case.table()
    import sna_export.fit  # noqa: F401  (not what is measured)

    wall, processor = time.perf_counter(), time.process_time()
    answers, chosen = (reference(kind, x, y), kind) if kind else ours(x, y)
    seconds = time.perf_counter() - wall, time.process_time() - processor
    error = float(np.sqrt(np.mean((answers(fresh) - truth) ** 2)) / truth.std())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": seconds[0], "cpu": seconds[1], "peak": peak, "error": error, "chosen": chosen}


def apart(case: Case, kind: str) -> dict[str, Any]:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--here", case.name, kind],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(case: Case) -> str:
    """The line of a case."""
    mine, other = apart(case, ""), apart(case, case.reference)
    return (
        f"| {case.name} | {mine['cpu']:.1f} | {mine['wall']:.1f} | {mine['peak']:.0f} |"
        f" {mine['error']:.2e} | {case.reference} | {other['cpu']:.1f} |"
        f" {other['error']:.2e} | {mine['chosen']} |\n"
    )


def kept(lines: list[str]) -> None:
    """The lines in the table, in place of older ones of the same cases."""
    old = TABLE.read_text(encoding="utf-8").removeprefix(HEAD) if TABLE.exists() else ""
    by_name = {line.split("|")[1]: line for line in [*old.splitlines(keepends=True), *lines]}
    order = [f" {case.name} " for case in CASES]
    text = "".join(by_name[name] for name in order if name in by_name)
    TABLE.write_text(HEAD + text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="WORD", help="tables with this in their name")
    parser.add_argument("--write", action="store_true", help="keep the lines")
    parser.add_argument("--here", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        print(json.dumps(here(next(c for c in CASES if c.name == args.here[0]), args.here[1])))
        return
    print(HEAD, end="")
    for case in CASES:
        if args.only in case.name and (args.only or not case.asked):
            line = measured(case)
            print(line, end="", flush=True)
            if args.write:
                kept([line])


if __name__ == "__main__":
    main()
