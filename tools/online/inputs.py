"""Alarms of the inputs, without a measured value: gas turbine, thresholds by the rows of 2011.

python tools/online/inputs.py [--model FILE] [--write]

False alarms in rows that set no threshold (the other half of 2011, shuffled) and in 2011 in its own
order; how soon the offset of one sensor is found, in reference deviations, at ten places of the
shuffled half; which alarms begin in 2012. Writes docs/tables/online_inputs.md.
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path

import numpy as np
from online import DATA, MODEL, ROOT, fitted, line_of, readings, rmse, year

import sna_edge
from sna_edge.learning import Learner
from sna_edge.learning.alarms.inputs import Moved

TABLE = ROOT / "docs" / "tables" / "online_inputs.md"
STARTS, PARTS = 10, 300
Floats = np.ndarray


class Watched:
    """The inputs of a model, with thresholds by reference rows [N, D]."""

    def __init__(self, model: sna_edge.Model, rows: Floats) -> None:
        self._model, self._ends = model, np.array([(a.lower, a.upper) for a in model.axes]).T
        learner = Learner(model, "00" * 32)
        found = model.evaluate(np.clip(rows, *self._ends))
        learner.refer(rows, found, np.full((len(rows), len(model.outputs)), np.nan), 100)
        self._fresh = learner.knowledge.inputs

    def alarms(self, rows: Floats) -> list[Moved]:
        """Of rows [N, D] in their order, from the begin."""
        p = self._model.familiarity(np.clip(rows, *self._ends)).p
        return copy.deepcopy(self._fresh).update(rows, p)


def delays(watched: Watched, rows: Floats, names: tuple[str, ...], by: float) -> list[int]:
    """Parts up to the alarm of an input that lies `by` deviations higher; PARTS for none."""
    found, size = list[int](), rows.std(axis=0)
    for d, name in enumerate(names):
        for start in np.linspace(0, len(rows) - 2 * PARTS, STARTS).astype(int).tolist():
            some = rows[start : start + 2 * PARTS].copy()
            some[PARTS:, d] += by * size[d]
            alarms = watched.alarms(some)
            right = [a.row - PARTS + 1 for a in alarms if a.name == name and a.row >= PARTS]
            found.append(min(right, default=PARTS))
    return found


def corrected(model: sna_edge.Model, rows: Floats, reference: Floats | None) -> tuple[Floats, str]:
    """Values [N] of a line that recalibrates, and the input whose sensor an alarm names."""
    line = line_of(model, "recalibrate")
    if reference is not None:
        given = model.evaluate(reference[:, :-1])
        line.learner.refer(reference[:, :-1], given, reference[:, -1:], 100)  # type: ignore
    given, answers = readings(rows, model.input_names), []
    for at in range(0, len(given), 200):
        answers += line.readings(given[at : at + 200])
    said = " ".join(s for a in answers for s in a.get("alarms", ()) if "sensor of" in s)
    named = [n for n in model.input_names if f"sensor of {n} reads" in said]
    values = np.array([a["outputs"]["CO"]["value"] for a in answers if "outputs" in a])
    return values, (named or [""])[0]


def offsets(model: sna_edge.Model, rows: Floats, reference: Floats) -> tuple[int, Floats]:
    """Of sensors that read a standard deviation too high from row 1,000 on: how many are named
    first, and RMSE from row 1,200 on over that of corrections without offsets."""
    right, ratios, y = 0, list[float](), rows[:, -1]
    for d, name in enumerate(model.input_names):
        some = rows.copy()
        some[1000:, d] += some[:, d].std()
        with_it, named = corrected(model, some, reference)
        without, _ = corrected(model, some, None)
        right += named == name
        after = slice(1200, None)
        ratios.append(rmse(y, with_it, after) / rmse(y, without, after))
    return right, np.array(ratios)


def table(path: Path) -> str:
    """The page's table."""
    model, past, later = fitted(path), year(2011)[:, :-1], year(2012)[:, :-1]
    shuffled = np.random.default_rng(0).permutation(past)
    first, second = np.array_split(shuffled, 2)
    watched, ordered = Watched(model, first), Watched(model, past)
    lines = ["| alarms of the inputs, gas turbine | |", "| --- | --- |"]
    lines.append(f"| alarms in {len(second):,} shuffled rows of 2011 that set no threshold"
                 f" | {len(watched.alarms(second))} |")  # fmt: skip
    lines.append(f"| alarms in the {len(past):,} rows of 2011 in their order, which set them"
                 f" | {len(ordered.alarms(past))} |")  # fmt: skip
    for by in (1.0, 2.0):
        found = np.array(delays(watched, second, model.input_names, by))
        lines.append(f"| rows up to the alarm of an input {by:.0f} standard deviations higher,"
                     f" shuffled: median, 95 % | {np.median(found):.0f},"
                     f" {np.quantile(found, 0.95):.0f} |")  # fmt: skip
    begun = ordered.alarms(later)
    named = ", ".join(f"{a.name or 'familiarity'} at row {a.row + 1:,}" for a in begun[:4])
    lines.append(f"| alarms in the {len(later):,} rows of 2012 | {len(begun)}: {named} |")
    first, second = np.array_split(np.random.default_rng(1).permutation(year(2011)), 2)
    right, ratios = offsets(model, second, first)
    lines.append(f"| {len(ratios)} sensors, one after the other 1 standard deviation too high, one"
                 f" row in five measured: named rightly | {right} |")  # fmt: skip
    lines.append("| RMSE after that over corrections without offsets of sensors: least, mean, most"
                 f" | {ratios.min():.3f}, {ratios.mean():.3f}, {ratios.max():.3f} |")  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"no data in {DATA}: see docs/data.md")
    text = table(args.model)
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
