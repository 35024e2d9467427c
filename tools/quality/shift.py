"""Do the numbers of a line hold while things go wrong on it? Coverage of 90 % intervals by windows,
what the station says and how soon, and the share of bad parts among accepted ones.

    python tools/quality/shift.py [--seeds N] [--only WORD] [--write]

`shifts.py` says what goes wrong: a stuck sensor, a burst of rejects, a new batch, a drift. Parts
are judged as by `Line`, without its words; all, every tenth or none is measured, 8 parts late.
Coverage and bad parts are counted over all parts, measured or not. A window keeps its promise where
87 to 93 % of the parts lie in their interval, or the station says that they may not (`in_doubt`).
Writes docs/tables/station_shift.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent))

from shifts import KEPT, PARTS, ROOT, Shift, shifts

from sna_edge.learning import Learner
from sna_edge.quality import ACCEPT, LineLimits, judge
from sna_edge.quality.accepting.acceptance import Acceptance
from sna_edge.quality.accepting.doubt import Doubt
from sna_edge.quality.accepting.rule import Escape
from sna_edge.quality.verdict import evaluated

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TABLE = ROOT / "docs" / "tables" / "station_shift.md"
MADE = KEPT / "rows.json"
LATE, BLOCK, WITHIN = 8, 400, 500
WINDOWS = {"before": (0, 799), "stuck sensor": (799, 859), "after it": (859, 1199),
           "12 wrong parts": (1199, 1211), "after them": (1211, 1599),
           "batch, 100 parts": (1599, 1699), "300 more": (1699, 1999), "drift, 500": (1999, 2499),
           "500": (2499, 2999), "1,000": (2999, 4000)}  # fmt: skip
PHASES = {"before": (0, 1599), "new batch": (1599, 1999), "drift": (1999, 4000)}
MODES = (("observe", 1), ("observe", 10), ("observe", 0), ("width", 1), ("width", 10),
         ("recalibrate", 10))  # fmt: skip
RATED = ("observe", 10), ("observe", 0), ("width", 10)
WORDS = {1: "all measured", 10: "every 10th", 0: "none"}
RULES: dict[str, dict[str, Any]] = {
    "accept_at = 0.95": {"accept_at": 0.95},
    "the same, no verdict in doubt": {
        "accept_at": 0.95, "in_doubt": "no verdict", "measured_within": WITHIN,
    },
    "escape = 0.05": {"escape": Escape(0.05)},
    "the same, no verdict in doubt.": {
        "escape": Escape(0.05), "in_doubt": "no verdict", "measured_within": WITHIN,
    },
}  # fmt: skip


@dataclass
class Told:
    """Of the parts of one seed: `inside` [N, K], `doubt` [N, K], `accepted` [N], `bad` [N], and the
    measured parts at which an alarm of the residuals began."""

    inside: Bools
    doubt: Bools
    accepted: Bools
    bad: Bools
    alarms: list[int] = field(default_factory=list)


def messages(y: Floats, names: tuple[str, ...], every: int) -> list[dict[str, Any]]:
    """Parts in their order, and what is measured of them LATE parts later."""
    told: list[dict[str, Any]] = []
    for n in range(1, len(y) + 1):
        told.append({"id": n})
        late = n - LATE
        if every and late > 0 and late % every == 0:
            values = dict(zip(names, y[late - 1].tolist(), strict=True))
            told.append({"id": late, "measured": values})
    return told


def played(one: Shift, seed: int, mode: str, every: int, rule: dict[str, Any]) -> Told:
    """The parts of a seed through the line, as `Line.readings` has them."""
    model, limits = one.model, LineLimits(one.limits, **rule)
    acceptance = Acceptance(model, limits) if limits.by_probability else None
    rated = acceptance.rated() if acceptance else None
    learner = Learner(model, "00" * 32, mode, rated=rated)
    names = [o.name for o in one.limits]
    doubt = Doubt(names, limits.in_doubt, limits.measured_within)
    x, y = one.parts(seed)
    low, high = np.array([(o.lsl, o.usl) for o in one.limits]).T
    told = Told(*(np.zeros((PARTS, len(names)), bool) for _ in range(2)),
                np.zeros(PARTS, bool), ((y < low) | (y > high)).any(axis=1))  # fmt: skip
    given = messages(y, model.output_names, every)
    for at in range(0, len(given), BLOCK):
        some = given[at : at + BLOCK]
        part = [i for i, m in enumerate(some) if "measured" not in m]
        place = [some[i]["id"] - 1 for i in part]
        rows = np.full((len(some), x.shape[1]), np.nan)
        rows[part] = x[place]
        passed = learner.passed(some, rows, evaluated(model, limits, rows), float)
        found = passed.found
        told.inside[place] = ((found.lower <= y_of(some, y)) & (y_of(some, y) <= found.upper))[part]
        why = [doubt.of(passed, i) for i in part]
        told.doubt[place] = [[name in one for name in names] for one in why]
        word = judge(model, limits, found)
        verdict = word.verdict
        if acceptance is not None:
            sure = acceptance.sure(rows, passed.learned, passed.thresholds)
            verdict = acceptance.verdicts(word, sure)
        kept = [limits.in_doubt == "tell" or not one for one in why]
        told.accepted[place] = (verdict[part] == ACCEPT) & kept
        told.alarms += [some[i]["id"] for i in passed.alarms if "measured" in some[i]]
    return told


def y_of(some: list[dict[str, Any]], y: Floats) -> Floats:
    """Measured values [M, K] of the parts of messages."""
    return y[[m["id"] - 1 for m in some]]


def window(told: list[Told], a: int, b: int) -> str:
    """Percent of all parts inside their interval (percent of parts in doubt), of the output that is
    farther from its level; a mark where it is surely not within 87 to 93 % (by the scatter of
    seeds), and most of the parts are not in doubt: ! below, + above."""
    cells = []
    for k in range(told[0].inside.shape[1]):
        each = np.array([t.inside[a:b, k].mean() for t in told])
        spread = 2.0 * float(each.std(ddof=1)) / len(each) ** 0.5 if len(each) > 1 else 0.0
        cells.append((float(each.mean()), spread, np.mean([t.doubt[a:b, k].mean() for t in told])))
    held, spread, share = max(cells, key=lambda c: abs(c[0] - 0.9))
    mark = " **!**" if held + spread < 0.87 else " +" if held - spread > 0.93 else ""
    said = f" ({100 * share:.0f})" if share >= 0.005 else ""
    return f"{100 * held:.0f}{mark if share < 0.5 else ''}{said}"


def delay(told: list[Told], begin: int, end: int, every: int) -> str:
    """Measured parts from `begin` to the first one after which a part is in doubt: median, 95 %."""
    if not every:
        return "-"
    found = []
    for one in told:
        said = np.flatnonzero(one.doubt[begin:end].any(axis=1))
        found.append((said[0] - LATE) / every if len(said) else np.inf)
    ends = np.quantile(np.array(found), [0.5, 0.95], method="higher")
    return ", ".join("never" if np.isinf(end) else f"{max(end, 0):.0f}" for end in ends)


def false(told: list[Told]) -> str:
    """Alarms of the residuals, and the percentage of parts in doubt, before anything happens."""
    count = sum(sum(a < 800 for a in one.alarms) for one in told)
    doubt = np.mean([one.doubt[:799].any(axis=1).mean() for one in told])
    return f"{count}, {100 * doubt:.1f} %"


def share(told: list[Told], a: int, b: int) -> str:
    """Percent bad of accepted with its 95 % interval by seeds, (percent accepted)."""
    bad = np.array([(t.accepted & t.bad)[a:b].sum() for t in told], dtype=float)
    count = np.array([t.accepted[a:b].sum() for t in told], dtype=float)
    if not count.sum():
        return "none (0)"
    rate, n = bad.sum() / count.sum(), len(told)
    spread = np.sqrt(n / max(n - 1, 1) * ((bad - rate * count) ** 2).sum()) / count.sum()
    half = max(1.96 * spread, 0.0 if bad.sum() else 3.0 / count.sum())
    mark = " **!**" if rate - half > 0.05 else ""
    ends = f"{100 * max(rate - half, 0):.1f} to {100 * min(rate + half, 1):.1f}"
    return f"{100 * rate:.1f}{mark} [{ends}] ({100 * count.sum() / (n * (b - a)):.0f})"


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def once(name: str, make: Callable[[], str]) -> str:
    """A row of a table, kept in out/shift/rows.json: delete that after a change."""
    known = json.loads(MADE.read_text()) if MADE.exists() else {}
    if name not in known:
        known[name] = make()
        MADE.write_text(json.dumps(known, indent=1))
        print(known[name], file=sys.stderr, flush=True)
    return str(known[name])


def covered(one: Shift, mode: str, every: int, seeds: int, name: str) -> str:
    """A row of the table of windows."""
    rule = {"measured_within": WITHIN}
    told = [played(one, seed, mode, every, rule) for seed in range(seeds)]
    cells = [window(told, *ends) for ends in WINDOWS.values()]
    ends = delay(told, 1599, 1999, every), delay(told, 1999, 4000, every)
    return row(name, *cells, *ends, false(told))


def coverage(some: list[Shift], seeds: int) -> list[str]:
    """The table of windows, alarms and delays."""
    head = ["line, learning, measured", *WINDOWS, "said after, batch", "said after, drift",
            "false alarms, in doubt before"]  # fmt: skip
    lines = [row(*head), row(*["---"] * len(head))]
    for one in some:
        for mode, every in MODES:
            name = f"{one.name}, {mode}, {WORDS[every]}"
            lines.append(once(f"{seeds} {name}", lambda: covered(one, mode, every, seeds, name)))  # noqa: B023
    return lines


def escapes(some: list[Shift], seeds: int) -> list[str]:
    """The table of bad parts among accepted ones."""
    head = ["line, learning, measured", "accepted by", *PHASES]
    lines = [row(*head), row(*["---"] * len(head))]
    for one in some:
        for mode, every in RATED:
            for name, rule in RULES.items():
                what = f"{one.name}, {mode}, {WORDS[every]}"

                def made() -> str:
                    told = [played(one, s, mode, every, rule) for s in range(seeds)]  # noqa: B023
                    cells = [share(told, *ends) for ends in PHASES.values()]
                    return row(what, name.rstrip("."), *cells)  # noqa: B023

                lines.append(once(f"{seeds} {what}, {name}", made))
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="of coverage")
    parser.add_argument("--rated", type=int, default=5, metavar="N", help="seeds of accepted parts")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="WORD", help="lines whose name has WORD; several"
    )
    parser.add_argument("--rated-lines", type=int, default=9, metavar="N", help="so many of them")
    parser.add_argument("--write", action="store_true", help=f"into docs/tables/{TABLE.name}")
    args = parser.parse_args()
    some = [one for one in shifts() if any(word in one.name for word in args.only)]
    lines = [f"{args.seeds} seeds of 4,000 parts; percent of parts in their 90 % interval (percent"
             " in doubt), of the output that is farther off.", ""]  # fmt: skip
    lines += [*coverage(some, args.seeds), ""]
    lines += [f"{args.rated} seeds; bad of accepted, percent [95 %] (percent accepted).", ""]
    lines += escapes(some[: args.rated_lines], args.rated)
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
