"""The share of bad parts among accepted ones, held against the rate that is stated, and how many
parts are accepted at it.

    python tools/online/escape.py [--splits N] [--only WORD] [--no-drift] [--write]

Quick fits to ROWS rows of measured tables judge other rows, with limits at quantiles of the rows
fitted to: by the model alone, and with the threshold that HELD further rows give. Then the model of
gas turbine CO in 2011 judges 2012 and 2013, one row in five measured, 12 rows late. `--write` puts
the tables into docs/tables/escape.md. Fits are kept in out/escape.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "honest")]

from tables import ABSENT, DATA, TABLES, Measured, Split, drawn  # noqa: E402

import sna_edge  # noqa: E402
from sna_edge.learning import Learner  # noqa: E402
from sna_edge.learning.escape import threshold  # noqa: E402
from sna_edge.quality import ACCEPT, Limit, LineLimits, judge  # noqa: E402
from sna_edge.quality.accepting.acceptance import Acceptance  # noqa: E402
from sna_edge.quality.accepting.rule import Escape  # noqa: E402
from sna_edge.quality.verdict import evaluated  # noqa: E402

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TABLE = ROOT / "docs" / "tables" / "escape.md"
KEPT = ROOT / "out" / "escape"
ROWS, FEWER, HELD = 500, 350, 300
"""Rows of a fit, of one to a table that has too few for that, and held-out rows for a threshold
(half of the others, where these are fewer than 600)."""
RATES = (0.01, 0.02, 0.05)
SIDES = {"above": (None, 0.8), "both sides": (0.1, 0.9)}
"""Quantiles of the fitted rows at which limits lie."""
NAMES = (
    "concrete strength",
    "diabetes",
    "machine temperature",
    "moulding torque",
    "power plant",
    "track depth",
    "track width",
    "turbine CO 2011",
    "turbine exhaust heat",
    "turbine yield by weather",
)


@dataclass
class Count:
    """Parts, accepted ones, bad ones of these."""

    parts: int = 0
    accepted: int = 0
    bad: int = 0

    def add(self, accepted: Bools, bad: Bools) -> None:
        self.parts += len(bad)
        self.accepted += int(accepted.sum())
        self.bad += int((accepted & bad).sum())

    def __iadd__(self, other: Count) -> Count:
        self.parts += other.parts
        self.accepted += other.accepted
        self.bad += other.bad
        return self

    def errors(self, rate: float) -> float:
        """How many standard errors of the rate too many were bad; negative: too few."""
        spread = (rate * (1.0 - rate) * max(self.accepted, 1)) ** 0.5
        return (self.bad - rate * self.accepted) / spread

    def said(self) -> str:
        """Bad of accepted, accepted of all, in percent."""
        share = 100.0 * self.accepted / max(self.parts, 1)
        bad = f"{100.0 * self.bad / self.accepted:.2f}" if self.accepted else "none"
        return f"{bad} ({share:.0f})"


Found = dict[tuple[str, str, float], Count]
"""By table, side and rate."""


def fitted(table: Measured, split: Split, seed: int) -> sna_edge.Model:
    """A quick fit, made once."""
    path = KEPT / f"{table.name.replace(' ', '_')}_{seed}.sna"
    if not path.exists():
        from sna_export.fit import fit_arrays

        KEPT.mkdir(parents=True, exist_ok=True)
        fit_arrays(split.x, split.y, effort="quick").model.save(path)
    return sna_edge.load(path)


def limit_of(y: Floats, side: str, name: str) -> Limit:
    """At quantiles of the values y [N]."""
    low, high = SIDES[side]
    lsl = -np.inf if low is None else float(np.quantile(y, low))
    return Limit(name, lsl, float(np.quantile(y, high)))


def columns_of(model: sna_edge.Model) -> list[int]:
    """Of the table, that the model has kept as inputs: x0, x1 and so on."""
    return [int(name[1:]) for name in model.input_names]


def judged(model: sna_edge.Model, x: Floats, limits: LineLimits) -> tuple[Bools, Floats, Bools]:
    """Accepted or not [N], probability to be inside [N], whether a part may be accepted [N]."""
    acceptance = Acceptance(model, limits)
    found = judge(model, limits, model.evaluate(x, level_index=True))
    sure = acceptance.sure(x, None, None)
    possible = ~found.edge & np.isfinite(sure.joint)
    return acceptance.verdicts(found, sure) == ACCEPT, sure.joint, possible


def one_split(table: Measured, seed: int, alone: Found, held: Found) -> None:
    """Count the parts of one split."""
    split = drawn(table, ROWS, seed) or drawn(table, FEWER, seed)
    assert split is not None, table.name
    model = fitted(table, split, seed)
    x = split.x_test[:, columns_of(model)]
    some = min(HELD, len(x) // 2)
    for side in SIDES:
        limit = limit_of(split.y, side, model.output_names[0])
        bad = (split.y_test < limit.lsl) | (split.y_test > limit.usl)
        for rate in RATES:
            key = table.name, side, rate
            limits = LineLimits((limit,), escape=Escape(rate))
            accepted, p, possible = judged(model, x, limits)
            alone.setdefault(key, Count()).add(accepted, bad)
            rows = np.flatnonzero(possible[:some])
            start = Acceptance(model, limits).start
            at, _ = threshold(p[rows], bad[rows], rate, start)
            rest = slice(some, None)
            by_rows = possible & (np.nan_to_num(p) >= at)
            held.setdefault(key, Count()).add(by_rows[rest], bad[rest])


def counted(splits: int, word: str) -> tuple[Found, Found]:
    """By the model alone, and with held-out rows."""
    alone, held = Found(), Found()
    for table in (t for t in TABLES if t.there and t.name in NAMES and word in t.name):
        for seed in range(splits):
            one_split(table, seed, alone, held)
        print(table.name, file=sys.stderr)
    return alone, held


def markdown(found: Found, title: str) -> list[str]:
    """Rows by table and side, then all of them pooled; the last columns: the largest excess."""
    head = [title, *(f"{100 * rate:g} %" for rate in RATES), "most standard errors above"]
    lines = [head, ["---"] * len(head)]
    pooled = {rate: Count() for rate in RATES}
    for name, side in dict.fromkeys((t, s) for t, s, _ in found):
        here = {rate: found[name, side, rate] for rate in RATES}
        for rate, count in here.items():
            pooled[rate] += count
        lines.append(_line(f"{name}, {side}", here))
    lines.append(_line("all", pooled))
    return ["| " + " | ".join(line) + " |" for line in lines]


def _line(name: str, here: dict[float, Count]) -> list[str]:
    worst = max(count.errors(rate) for rate, count in here.items())
    return [name, *(count.said() for count in here.values()), f"{worst:.1f}"]


def drifted() -> Iterator[tuple[str, dict[float, Count]]]:
    """The line of 2012 and 2013 by what it learns, with limits at quantiles of 2011."""
    from online import MODEL, readings, year
    from online import fitted as of_2011

    model, before = of_2011(MODEL), year(2011)[:, -1]
    rows = np.vstack([year(2012), year(2013)])
    given = readings(rows, model.input_names)
    for side in SIDES:
        limit = limit_of(before, side, "CO")
        bad = (rows[:, -1] < limit.lsl) | (rows[:, -1] > limit.usl)
        for mode, word in WORDS.items():
            here = {rate: Count() for rate in RATES}
            for rate, count in here.items():
                limits = LineLimits((limit,), escape=Escape(rate))
                count.add(watched(model, limits, mode, given), bad)
            yield f"{side}, {word}", here


WORDS = {"observe": "the model alone", "width": "widths learned", "recalibrate": "recalibrated"}


def watched(
    model: sna_edge.Model, limits: LineLimits, mode: str, given: list[dict[str, Any]]
) -> Bools:
    """Which parts are accepted [N], as by `Line` without its words, 400 readings at once. Inputs
    outside the domain count as its border."""
    acceptance, found = Acceptance(model, limits), list[Bools]()
    learner = Learner(model, "00" * 32, mode, rated=acceptance.rated())
    names = model.input_names
    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T
    for at in range(0, len(given), 400):
        some = given[at : at + 400]
        x = np.array([[r.get(name, np.nan) for name in names] for r in some]).clip(low, high)
        passed = learner.passed(some, x, evaluated(model, limits, x), float)
        judged = judge(model, limits, passed.found)
        sure = acceptance.sure(x, passed.learned, passed.thresholds)
        parts = ["measured" not in r for r in some]
        found.append((acceptance.verdicts(judged, sure) == ACCEPT)[parts])
    return np.concatenate(found)


def page(splits: int, word: str, drift: bool) -> str:
    """All tables."""
    alone, held = counted(splits, word)
    what = "bad of accepted, % (accepted of all, %)"
    lines = [f"{splits} random splits a table; {what}.", ""]
    lines += [*markdown(alone, "by the model alone"), ""]
    lines += [*markdown(held, f"threshold from {HELD} held-out rows"), ""]
    if drift:
        title = "gas turbine CO 2012, 2013"
        head = [title, *(f"{100 * rate:g} %" for rate in RATES), "most standard errors above"]
        rows = [head, ["---"] * len(head), *(_line(n, here) for n, here in drifted())]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--splits", type=int, default=10, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="tables whose name has WORD")
    parser.add_argument("--no-drift", action="store_true", help="random splits only")
    parser.add_argument("--write", action="store_true", help="into docs/tables/escape.md")
    args = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(ABSENT)
    text = page(args.splits, args.only, not args.no_drift)
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
