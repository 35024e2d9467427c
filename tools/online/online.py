"""A line that learns: gas turbine CO, a model of 2011 run through 2012 and 2013.

python tools/online/online.py [--model FILE] [--write]

Every fifth row is measured, 12 rows late. Frozen, with widths tracked, and recalibrated; beside
them boosted trees that are fitted anew every month (720 rows) to 2011 and what was measured by
then. Inputs outside the domain count as its border. Writes docs/tables/online.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import sna_edge
from sna_edge.learning import Learner
from sna_edge.quality import Limit, Line, LineLimits

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "gas_turbine"
TABLE = ROOT / "docs" / "tables" / "online.md"
MODEL = ROOT / "build" / "online" / "co.sna"
EVERY, LATE, MONTH, SEED = 5, 12, 720, 0
Floats = np.ndarray


def year(number: int, folder: Path = DATA) -> Floats:
    """[N, 10]: nine inputs and CO."""
    path = folder / f"gas_turbine_{number}.csv"
    return np.genfromtxt(path, delimiter=",", skip_header=1)


def fitted(path: Path) -> sna_edge.Model:
    """The quick fit of 2011, made once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        table = DATA / "gas_turbine_2011.csv"
        words = ["fit", str(table), "--target", "CO", "--effort", "quick", "-o", str(path)]
        subprocess.run([sys.executable, "-m", "sna_edge", *words], check=True)
    return sna_edge.load(path)


def readings(rows: Floats, names: tuple[str, ...], seed: int = SEED) -> list[dict[str, Any]]:
    """Parts and, LATE rows after it, what was measured of one in EVERY."""
    measured = np.random.default_rng(seed).random(len(rows)) < 1.0 / EVERY
    found = list[dict[str, Any]]()
    for i, row in enumerate(rows.tolist()):
        found.append({"id": i, **dict(zip(names, row[:-1], strict=True))})
        if i >= LATE and measured[i - LATE]:
            found.append({"id": i - LATE, "measured": {"CO": rows[i - LATE, -1]}})
    return found


def line_of(model: sna_edge.Model, mode: str, path: str | None = None) -> Line:
    """A line that learns in this mode, or not at all."""
    learner = None if mode == "off" else Learner(model, "00" * 32, mode, path)
    far = {a.name: 1e6 for a in model.axes}
    limits = LineLimits((Limit("CO", usl=10.0),), tolerance=far)
    return Line(model, limits, advice_ms=0, learner=learner)


def run(model: sna_edge.Model, rows: Floats, mode: str) -> tuple[Floats, int]:
    """Value, lower and upper end [3, N], bytes of the state file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learned"
        line = line_of(model, mode, str(path))
        given = readings(rows, model.input_names)
        answers, largest = list[dict[str, Any]](), 0
        for at in range(0, len(given), 400):
            answers += line.readings(given[at : at + 400])
            largest = max(largest, path.stat().st_size if path.exists() else 0)
    parts = [a["outputs"]["CO"] for a in answers if "outputs" in a]
    numbers = [[p[key] for p in parts] for key in ("value", "lower", "upper")]
    return np.array(numbers), largest


def watched(path: Path, rows: Floats, mode: str) -> float:
    """Seconds of the processor that `watch` takes for these rows, beyond those for none."""
    model = sna_edge.load(path)
    with tempfile.TemporaryDirectory() as folder:
        limits = {"outputs": {"CO": {"USL": 10.0}}}
        limits["inputs"] = {a.name: {"tolerance": 0.9 * a.width} for a in model.axes}  # type: ignore
        (Path(folder) / "limits.json").write_text(json.dumps(limits))
        words = ["watch", str(path), "--limits", f"{folder}/limits.json", "--advice-ms", "0"]
        words += ["--learn", mode, *([] if mode == "off" else ["--learned", f"{folder}/learned"])]
        given = readings(rows, model.input_names)
        given = [r for r in given if mode != "off" or "measured" not in r]
        spent = list[float]()
        for some in (given, []):
            text = "".join(json.dumps(r) + "\n" for r in some)
            before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
            subprocess.run([sys.executable, "-m", "sna_edge", *words], input=text, text=True,
                           stdout=subprocess.DEVNULL, check=True)  # fmt: skip
            spent.append(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before)
    return spent[0] - spent[1]


def trees(past: Floats, rows: Floats) -> Floats | None:
    """[N] of boosted trees fitted anew every month; None without scikit-learn."""
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        return None
    measured = np.random.default_rng(SEED).random(len(rows)) < 1.0 / EVERY
    found = np.empty(len(rows))
    for start in range(0, len(rows), MONTH):
        known = np.flatnonzero(measured[: max(start - LATE, 0)])
        seen = np.vstack([past, rows[known]])
        tree = HistGradientBoostingRegressor(
            max_iter=250, learning_rate=0.06, min_samples_leaf=10, random_state=0
        )
        part = slice(start, start + MONTH)
        found[part] = tree.fit(seen[:, :-1], seen[:, -1]).predict(rows[part, :-1])
    return found


def alarmed(model: sna_edge.Model, past: Floats, rows: Floats) -> tuple[int, int, int]:
    """Alarms in the training year in its own order, every row measured; in as many shuffled rows
    that did not set the thresholds; measured parts of `rows` up to the first alarm."""

    def halfway(some: Floats) -> Floats:
        found = model.evaluate(some[:, :-1].clip(low, high))
        y = some[:, -1]
        return np.stack([found.value[:, 0], found.lower[:, 0], found.upper[:, 0], y])[:, None]

    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T
    counts = list[int]()
    shuffled = np.random.default_rng(SEED).permutation(past)
    half = len(past) // 2
    for reference, stream, reset in (
        (past, past, True),
        (shuffled[:half], shuffled[half:], True),
        (past, rows[::EVERY], False),
    ):
        learner = Learner(model, "00" * 32)
        given = model.evaluate(reference[:, :-1].clip(low, high))
        learner.refer(reference[:, :-1].clip(low, high), given, reference[:, -1:], 100)
        counts.append(_counted(learner, halfway(stream)[:, 0], reset))
    return counts[0], counts[1], counts[2]


def _counted(learner: Learner, rows: Floats, whole: bool) -> int:
    """Alarms of a stream (`whole`), or measured parts up to the first."""
    one, alarms = learner.knowledge.outputs[0], 0
    for i, (value, lower, upper, y) in enumerate(rows.T.tolist(), 1):
        z = one.ranks.z(y - value, value - lower, upper - value)
        alarms += len(one.watchers.update(z, i))
        if alarms and not whole:
            return i
    return alarms if whole else -1


def halves(rows: list[int]) -> list[slice]:
    """The half years of years with so many rows."""
    ends = [0]
    for count in rows:
        ends += [ends[-1] + count // 2, ends[-1] + count]
    return [slice(a, b) for a, b in pairwise(ends)]


def rmse(y: Floats, value: Floats, some: slice = slice(None)) -> float:
    """Root mean square of the errors."""
    return float(np.sqrt(np.mean((y[some] - value[some]) ** 2)))


def table(path: Path, years: list[Floats]) -> str:
    """The page's table."""
    model = fitted(path)
    rows = np.vstack(years[1:])
    y, parts = rows[:, -1], halves([len(r) for r in years[1:]])
    found = {mode: run(model, rows, mode) for mode in ("observe", "width", "recalibrate")}
    frozen, wide, own = (found[m][0] for m in found)
    labels = np.flatnonzero(np.random.default_rng(SEED).random(len(y)) < 1.0 / EVERY)
    first = slice(int(labels[199]) + LATE, int(labels[199]) + LATE + 1500)
    ratios = [rmse(y, own[0], p) / rmse(y, frozen[0], p) for p in parts]
    covers = {
        mode: [100 * np.mean((y[p] >= a[1][p]) & (y[p] <= a[2][p])) for p in parts]
        for mode, (a, _) in found.items()
    }
    widths = {mode: float(np.mean(a[2] - a[1])) for mode, (a, _) in found.items()}
    speed = watched(path, rows, "off") / watched(path, rows, "recalibrate")
    tree = trees(years[0], rows)
    lines = ["| gas turbine CO, 2012 and 2013 | measured | aim |", "| --- | --- | --- |"]

    def add(what: str, number: str, aim: str) -> None:
        lines.append(f"| {what} | {number} | {aim} |")

    add("RMSE of the model alone, mg/m3", f"{rmse(y, frozen[0]):.3f}", "")
    add("RMSE recalibrated", f"{rmse(y, own[0]):.3f}", "")
    add("ratio of the two", f"{rmse(y, own[0]) / rmse(y, frozen[0]):.3f}", "0.7")
    add("ratio in the worst half year", f"{max(ratios):.3f}", "0.85")
    after = rmse(y, own[0], first) / rmse(y, frozen[0], first)
    add("ratio in the 1,500 rows after 200 measured ones", f"{after:.3f}", "0.9")
    if tree is not None:
        add("RMSE of trees fitted anew every month", f"{rmse(y, tree):.3f}", "")
        add("recalibrated over trees", f"{rmse(y, own[0]) / rmse(y, tree):.3f}", "1.0")
    for mode, word in (("observe", "frozen"), ("width", "widths"), ("recalibrate", "recalibrated")):
        low, high = min(covers[mode]), max(covers[mode])
        add(f"90 % intervals cover in half years, {word}, %", f"{low:.1f} to {high:.1f}",
            "" if mode == "observe" else "86 to 94")  # fmt: skip
    add("mean width recalibrated over frozen with widths tracked",
        f"{widths['recalibrate'] / widths['width']:.2f}", "0.6")  # fmt: skip
    inside, shuffled, first_alarm = alarmed(model, years[0], rows)
    count = len(years[0])
    add(f"alarms in the {count:,} rows of 2011 in their order, all measured", f"{inside}", "7")
    add(
        f"alarms in {count - count // 2:,} shuffled rows that set no threshold",
        f"{shuffled}",
        "0.7",
    )
    add("measured rows of 2012 up to the first alarm", f"{first_alarm}", "300")
    add("parts per second of `watch`, of those without learning", f"{speed:.2f}", "0.5")
    add("largest state file, bytes", f"{max(f[1] for f in found.values()):,}", "65,536")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"no data in {DATA}: see docs/data.md")
    text = table(args.model, [year(n) for n in (2011, 2012, 2013)])
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
