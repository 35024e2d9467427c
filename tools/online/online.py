"""A line that learns: gas turbine CO, a model of 2011 run through 2012 and 2013.

python tools/online/online.py [--model FILE] [--write]

One row in five is measured, 12 rows late, in several draws. Frozen, with widths tracked, and
recalibrated; beside them boosted trees that are fitted anew every month (720 rows) to 2011 and what
was measured by then. Inputs outside the domain count as its border. The speed is also that beside a
linear model. Writes docs/tables/online.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
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
EVERY, LATE, MONTH, DRAWS = 5, 12, 720, 4
Floats = np.ndarray


def year(number: int, folder: Path = DATA) -> Floats:
    """[N, 10]: nine inputs and CO."""
    path = folder / f"gas_turbine_{number}.csv"
    return np.genfromtxt(path, delimiter=",", skip_header=1)


def drawn(rows: Floats, seed: int) -> Floats:
    """[N] of the rows that are measured in this draw."""
    return np.random.default_rng(seed).random(len(rows)) < 1.0 / EVERY


def fitted(path: Path, step: int = 1, *more: str) -> sna_edge.Model:
    """The quick fit of every `step`th row of 2011, made once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = (DATA / "gas_turbine_2011.csv").read_text().splitlines()
        table = path.with_suffix(".csv")
        table.write_text("\n".join([rows[0], *rows[1::step]]) + "\n")
        words = ["fit", str(table), "--target", "CO", "--effort", "quick", "-o", str(path), *more]
        subprocess.run([sys.executable, "-m", "sna_edge", *words], check=True)
    return sna_edge.load(path)


def readings(rows: Floats, names: tuple[str, ...], seed: int = 0) -> list[dict[str, Any]]:
    """Parts and, LATE rows after it, what was measured of one in EVERY."""
    measured = drawn(rows, seed)
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


def run(model: sna_edge.Model, rows: Floats, mode: str, seed: int = 0) -> tuple[Floats, int]:
    """Value, lower and upper end [3, N], bytes of the state file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learned"
        line = line_of(model, mode, str(path))
        given = readings(rows, model.input_names, seed)
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
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           check=True)  # fmt: skip
            spent.append(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before)
    return spent[0] - spent[1]


def trees(past: Floats, rows: Floats) -> Floats | None:
    """[N] of boosted trees fitted anew every month; None without scikit-learn."""
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        return None
    measured = drawn(rows, 0)
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


def alarmed(model: sna_edge.Model, past: Floats, rows: Floats) -> tuple[int, float, int, list[int]]:
    """Alarms in the training year in its own order, every row measured; on average in draws of it;
    in as many shuffled rows that did not set the thresholds; measured parts of `rows` up to the
    first alarm in each draw."""

    def halfway(some: Floats) -> Floats:
        found = model.evaluate(some[:, :-1].clip(low, high))
        y = some[:, -1]
        return np.stack([found.value[:, 0], found.lower[:, 0], found.upper[:, 0], y])[:, None]

    def heard(reference: Floats, stream: Floats, whole: bool) -> int:
        learner = Learner(model, "00" * 32)
        x = reference[:, :-1].clip(low, high)
        learner.refer(x, model.evaluate(x), reference[:, -1:], 100)
        return _counted(learner, halfway(stream)[:, 0], whole)

    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T
    shuffled = np.random.default_rng(0).permutation(past)
    half = len(past) // 2
    ordered = [heard(past, past[drawn(past, 50 + s)], True) for s in range(DRAWS)]
    first = [heard(past, rows[drawn(rows, s)], False) for s in range(DRAWS)]
    by_chance = heard(shuffled[:half], shuffled[half:], True)
    return heard(past, past, True), float(np.mean(ordered)), by_chance, sorted(first)


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


def rmse(y: Floats, value: Floats, some: slice | Floats = slice(None)) -> float:
    """Root mean square of the errors."""
    return float(np.sqrt(np.mean((y[some] - value[some]) ** 2)))


def said(values: list[float], digits: int = 3) -> str:
    """Mean of the draws, and the largest."""
    return f"{np.mean(values):.{digits}f} (most {max(values):.{digits}f})"


def shares(found: Floats, y: Floats, parts: list[slice]) -> list[float]:
    """Of rows inside their interval, in percent."""
    return [100 * float(np.mean((y[p] >= found[1][p]) & (y[p] <= found[2][p]))) for p in parts]


def table(path: Path, years: list[Floats]) -> str:
    """The page's table."""
    model = fitted(path)
    rows = np.vstack(years[1:])
    y, parts = rows[:, -1], halves([len(r) for r in years[1:]])
    frozen, largest = run(model, rows, "observe")
    wide, own, early = list[Floats](), list[Floats](), list[float]()
    for seed in range(DRAWS):
        for found, mode in ((wide, "width"), (own, "recalibrate")):
            answers, size = run(model, rows, mode, seed)
            found.append(answers)
            largest = max(largest, size)
        start = int(np.flatnonzero(drawn(rows, seed))[199]) + LATE
        first = slice(start, start + 1500)
        early.append(rmse(y, own[-1][0], first) / rmse(y, frozen[0], first))
    ratios = [rmse(y, one[0]) / rmse(y, frozen[0]) for one in own]
    by_half = [max(rmse(y, one[0], p) / rmse(y, frozen[0], p) for p in parts) for one in own]
    lines = ["| gas turbine CO, 2012 and 2013 | measured | aim |", "| --- | --- | --- |"]

    def add(what: str, number: str, aim: str) -> None:
        lines.append(f"| {what} | {number} | {aim} |")

    add("RMSE of the model alone, mg/m3", f"{rmse(y, frozen[0]):.3f}", "")
    add("RMSE recalibrated", said([rmse(y, one[0]) for one in own]), "")
    add("ratio of the two", said(ratios), "0.7")
    add("ratio in the worst half year", said(by_half), "0.85")
    add("the same without the ten rows of each half year that are missed most",
        said([max(rmse(y, one[0], p) / rmse(y, frozen[0], p) for p in _usual(y, one[0], parts))
              for one in own]), "")  # fmt: skip
    add("ratio in the 1,500 rows after 200 measured ones", said(early), "0.9")
    tree = trees(years[0], rows)
    if tree is not None:
        add("RMSE of trees fitted anew every month", f"{rmse(y, tree):.3f}", "")
        add("recalibrated over trees", f"{rmse(y, own[0][0]) / rmse(y, tree):.3f}", "1.0")
    for found, word in (([frozen], "frozen"), (wide, "widths"), (own, "recalibrated")):
        cover = [c for one in found for c in shares(one, y, parts)]
        share = f"{min(cover):.1f} to {max(cover):.1f}"
        add(f"90 % intervals cover in half years, {word}, %", share,
            "" if word == "frozen" else "86 to 94")  # fmt: skip
    width = [
        float(np.mean(a[2] - a[1]) / np.mean(b[2] - b[1])) for a, b in zip(own, wide, strict=True)
    ]
    add("mean width recalibrated over frozen with widths tracked", said(width, 2), "0.6")
    add_alarms(add, model, years[0], rows)
    simple = path.with_name("linear.sna")
    fitted(simple, 25, "--plain")
    for name, one in (("", path), (" beside a linear model", simple)):
        speed = watched(one, rows, "off") / watched(one, rows, "recalibrate")
        add(f"parts per second of `watch`{name}, of those without learning", f"{speed:.2f}", "0.5")
    add("largest state file, bytes", f"{largest:,}", "65,536")
    return "\n".join(lines) + "\n"


def _usual(y: Floats, value: Floats, parts: list[slice]) -> list[Floats]:
    """Rows of each part but the ten that are missed most."""
    return [p.start + np.sort(np.argsort(np.abs(y[p] - value[p]))[:-10]) for p in parts]


def add_alarms(
    add: Callable[[str, str, str], None], model: sna_edge.Model, past: Floats, rows: Floats
) -> None:
    """The rows of the table on alarms."""
    inside, drawn_inside, shuffled, first = alarmed(model, past, rows)
    count = len(past)
    add(f"alarms in the {count:,} rows of 2011 in their order, all measured", f"{inside}",
        f"{count / 1000:.1f}")  # fmt: skip
    add("alarms in one in five of them, in their order", f"{drawn_inside:.2f}",
        f"{count / EVERY / 1000:.1f}")  # fmt: skip
    rest = count - count // 2
    what = f"alarms in {rest:,} shuffled rows that set no threshold"
    add(what, f"{shuffled}", f"{rest / 5000:.1f}")
    add("measured rows of 2012 up to the first alarm, draws", ", ".join(map(str, first)), "300")


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
