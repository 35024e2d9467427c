"""Drifts of five kinds put into three measured tables, and how soon the alarms of a line find them.

python tools/online/injected.py [--write]

Three fifths of the rows of each table are fitted (quick); the others, which have set no threshold,
are drawn with replacement into streams of measured parts. Drifts have the size of one standard
deviation of the residuals: an offset of the output; a gain of it, and an offset of one sensor
(each input in turn), that change measured minus predicted values by that much (root mean square);
a doubled scale; a ramp that gets there in 100 parts. Writes docs/tables/online_injected.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sna_edge
from sna_edge.learning.alarms.watchers import Watchers
from sna_edge.learning.output.ranks import Ranks
from sna_edge.learning.output.space import spaces

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
TABLE = ROOT / "docs" / "tables" / "online_injected.md"
BUILD = ROOT / "build" / "online"
HOFMANN = "hofmann2026_316l_singletracks/hofmann2026_316l_677.csv"
OTHERS = ("index", "weld_width_um", "melt_area_um2", "balling")
TABLES = {
    "concrete": ("uci_concrete/concrete.csv", "strength_MPa", ()),
    "power plant": ("uci_power_plant/power_plant.csv", "PE_MW", ()),
    "depth of tracks": (HOFMANN, "penetration_depth_um", OTHERS),
}
KINDS = ("offset", "gain", "sensor", "scale", "ramp")
WITHIN = {"scale": 60}
"""Measured parts in which a kind is to be found; 30 the others."""
BEFORE, AFTER, RAMP = 30, 300, 100
Floats = np.ndarray


class Stream(NamedTuple):
    """Rows that the model has not seen: inputs x [N, D], values y [N], and normal ranks
    z(x, y) [N] of what is measured there."""

    x: Floats
    y: Floats
    z: Callable[[Floats, Floats], Floats]
    value: Callable[[Floats], Floats]


def stream_of(model: sna_edge.Model, x: Floats, y: Floats) -> Stream:
    """Of the first output of a model, inputs outside the domain at its border."""
    space = spaces(model)[0]
    ranks = Ranks(model, space)
    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T

    def z(x: Floats, y: Floats) -> Floats:
        found = model.evaluate(x.clip(low, high))
        ends = (a[:, 0] for a in (found.value, found.lower, found.upper))
        u, down, up = space.halves(*ends)
        rows = np.stack([space.u(y) - u, down, up])
        rows = rows[:, np.isfinite(rows).all(axis=0)]
        return np.array([ranks.z(*row) for row in rows.T.tolist()])

    return Stream(x.clip(low, high), y, z, lambda x: model.value(x.clip(low, high))[:, 0])


def drifted(one: Stream, kind: str, rng: np.random.Generator, count: int) -> Floats:
    """z of `count` measured parts with a drift of this kind."""
    at = rng.integers(0, len(one.y), count)
    x, y, value = one.x[at], one.y[at], one.value(one.x)
    size = float(np.std(one.y - value)) * rng.choice([-1.0, 1.0])
    if kind == "offset":
        return one.z(x, y + size)
    if kind == "ramp":
        return one.z(x, y + size * np.minimum(np.arange(count) / RAMP, 1.0))
    if kind == "scale":
        return one.z(x, value[at] + 2.0 * (y - value[at]))
    if kind == "gain":
        return one.z(x, y + size * (y - one.y.mean()) / one.y.std())
    d = int(rng.integers(0, x.shape[1]))
    return one.z(x + _offset(one, value, d, abs(size)), y)


def _offset(one: Stream, value: Floats, d: int, size: float) -> Floats:
    """Of sensor d, that moves predictions by `size` (root mean square); at most half its range."""
    step = np.zeros(one.x.shape[1])
    most = float(np.ptp(one.x[:, d])) / 2.0
    for share in np.linspace(0.02, 1.0, 50):
        step[d] = share * most
        if float(np.sqrt(np.mean((one.value(one.x + step) - value) ** 2))) >= size:
            break
    return step


def found_after(one: Stream, kind: str, times: int, seed: int = 0) -> Floats:
    """Measured parts up to the alarm, for `times` drifts; AFTER + 1 where there was none."""
    delays = np.full(times, AFTER + 1)
    for i in range(times):
        rng = np.random.default_rng([seed, i])
        at = rng.integers(0, len(one.y), BEFORE)
        watchers = Watchers()
        for n, z in enumerate(one.z(one.x[at], one.y[at]).tolist(), 1):
            if watchers.update(z, n):
                watchers = Watchers()  # looked at
        for n, z in enumerate(drifted(one, kind, rng, AFTER).tolist(), 1):
            if watchers.update(z, BEFORE + n):
                delays[i] = n
                break
    return delays


def false_alarms(one: Stream, count: int, seed: int = 1) -> int:
    """In `count` rows without a drift."""
    watchers = Watchers()
    at = np.random.default_rng(seed).integers(0, len(one.y), count)
    own = one.z(one.x, one.y)
    return sum(len(watchers.update(z, n)) for n, z in enumerate(own[at].tolist(), 1))


def read(name: str) -> Stream:
    """The rows of a table that its model, fitted once, has not seen."""
    path, target, left = TABLES[name]
    lines = (DATA / path).read_text(encoding="utf-8").splitlines()
    order = np.random.default_rng(0).permutation(len(lines) - 1) + 1
    cut = 3 * (len(lines) - 1) // 5
    file = BUILD / f"{name.replace(' ', '_')}.sna"
    if not file.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        table = file.with_suffix(".csv")
        table.write_text("\n".join([lines[0], *(lines[i] for i in sorted(order[:cut]))]) + "\n")
        names = [n for n in lines[0].split(",") if n not in (target, *left)]
        words = ["fit", str(table), "--target", target, "--inputs", ",".join(names)]
        words += ["--effort", "quick", "-o", str(file)]
        subprocess.run([sys.executable, "-m", "sna_edge", *words], check=True)
    model = sna_edge.load(file)
    names = lines[0].split(",")
    rows = np.array([[float(v) for v in lines[i].split(",")] for i in order[cut:]])
    columns = [names.index(n) for n in model.input_names]
    return stream_of(model, rows[:, columns], rows[:, names.index(target)])


def table(times: int, count: int) -> str:
    """The page's table."""
    lines = ["| found in 95 % of drifts after measured parts | " + " | ".join(TABLES) + " | aim |"]
    lines.append("| --- |" + " --- |" * (len(TABLES) + 1))
    streams = {name: read(name) for name in TABLES}
    words = {"offset": "offset of the output", "gain": "gain of the output",
             "sensor": "offset of one sensor", "scale": "doubled scale",
             "ramp": f"ramp over {RAMP} parts"}  # fmt: skip
    for kind in KINDS:
        aim = str(WITHIN.get(kind, 30)) if kind in ("offset", "scale") else ""
        cells = []
        for one in streams.values():
            delays = np.sort(found_after(one, kind, times))
            late = int(delays[int(np.ceil(0.95 * times)) - 1])
            within = WITHIN.get(kind, 30)
            said = str(late) if late <= AFTER else f"over {AFTER}"
            cells.append(f"{said} ({100 * np.mean(delays <= within):.0f} % within {within})")
        lines.append(f"| {words[kind]} | " + " | ".join(cells) + f" | {aim} |")
    false = [false_alarms(one, count) for one in streams.values()]
    lines.append(f"| false alarms in {count:,} shuffled rows | " + " | ".join(map(str, false))
                 + f" | {count / 5_000:.0f} |")  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"no data in {DATA}: see docs/data.md")
    text = table(args.times, args.rows)
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
