"""How familiarity has to be stored: roots of density factors in int8 and on the integer path
against the density in float64, and against a sum of logs.

    python tools/accuracy/familiarity_storage.py [--data FOLDER] [--json OUT.json]

FOLDER holds gas_turbine/ and others (shared/data beside the tree); tables that are absent are left
out. Writes docs/tables/familiarity.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import familiarity_mixture as mixture
import numpy as np
from familiarity_mixture import Mixture
from familiarity_rows import Rows, tables
from numpy.typing import NDArray

import sna_edge
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.checks import validate
from sna_edge.artifact.grouping import groups_of
from sna_edge.artifact.integer_path.section import write
from sna_edge.artifact.integer_section import plan
from sna_edge.errors import InputError
from sna_export.quantize import quantize

Floats = NDArray[np.float64]
Score = Callable[[Floats], Floats]
ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "familiarity.md"
LEAST = 2.0**-126
LADDER = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
LIMITS = (0.05, 0.005)
LOST = LIMITS[-1] / 2
"""Share of the rows not fitted that may have no density left: half the least p-value asked for."""
PATH = "int8, integer path"
PLAIN, QUARTER = ", T = 1", ", T = inputs / 4"
BY_TABLE = ("int8" + PLAIN, PATH + PLAIN, "int8, chosen T", PATH + ", chosen T", "sum of logs")
TEXTS = ("certificate", "metadata", "integrity", "signature")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--json", type=Path, metavar="OUT.json")
    args = parser.parse_args()
    found = [entry for rows in tables(args.data) for entry in measured(rows)]
    TABLE.write_text(markdown(found), encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(rows: Rows) -> list[dict[str, Any]]:
    """One entry a way to store: what it loses against the float64 densities, and its bytes."""
    mean, turn = mixture.whitening(rows.fitted)
    views: list[Score] = [lambda x: x, lambda x: (x - mean) @ turn]
    fitted = [view(rows.fitted) for view in views]
    plain = [mixture.fit(x) for x in fitted]
    reference = Judged(rows, views, [Kept(m.log_density, 0) for m in plain])
    inputs, out = rows.fitted.shape[1], []

    def add(stored: str, powers: Sequence[float], parts: list[Kept]) -> None:
        out.append(
            {"table": rows.name, "inputs": inputs, "stored": stored, "T": list(powers)}
            | Judged(rows, views, parts).losses(reference)
        )
        print(out[-1], flush=True)

    add("int8" + PLAIN, [1, 1], [kept(m, 1) for m in plain])
    wide = max(1.0, inputs / 4)
    add("int8" + QUARTER, [wide, wide], [kept(m, wide) for m in plain])
    try:
        made = [integers(m, 1, x) for m, x in zip(plain, fitted, strict=True)]
        add(PATH + PLAIN, [1, 1], made)
    except InputError:
        out.append({"table": rows.name, "inputs": inputs, "stored": PATH + PLAIN, "T": [1, 1]})
    found = [
        least_power(m, x, view(rows.calibration))
        for m, x, view in zip(plain, fitted, views, strict=True)
    ]
    powers = [power for power, _ in found]
    add(PATH + ", chosen T", powers, [part for _, part in found])
    add("int8, chosen T", powers, [kept(m, p) for m, p in zip(plain, powers, strict=True)])
    warm = [mixture.fit(x, p) for x, p in zip(fitted, powers, strict=True)]
    add("int8, fitted with T", powers, [kept(m, p) for m, p in zip(warm, powers, strict=True)])
    add("sum of logs", [1, 1], [logs(m) for m in plain])
    return out


@dataclass(frozen=True)
class Kept:
    """A score as a file gives it, and the bytes of the file inside another one."""

    score: Score
    bytes: int


def least_power(made: Mixture, fitted: Floats, others: Floats) -> tuple[float, Kept]:
    """The first T of the ladder with which the integers leave a density to all but a few of
    `others`, rows that were not fitted."""
    for power in LADDER:
        try:
            found = integers(made, power, fitted)
        except InputError:
            continue
        lost = np.count_nonzero(found.score(others) <= power * np.log(LEAST))
        if lost <= max(1, LOST * len(others)):
            break
    return power, found


def kept(made: Mixture, power: float) -> Kept:
    """T ln max(p, 2^-126) of the stored tables, evaluated in floating point."""
    model = stored(made, power)
    data = model.to_bytes()
    model = sna_edge.from_bytes(data, "numpy")
    return Kept(
        lambda x: power * floored(model.evaluate(made.clipped(x)).value[:, 0]), embedded(data)
    )


def stored(made: Mixture, power: float) -> sna_edge.Model:
    """The tempered mixture with its tables rounded to the nearest numbers of int8."""
    return quantize(made.tempered(power), "int8", resolve=False)


def integers(made: Mixture, power: float, fitted: Floats) -> Kept:
    """The same on the integer path, from sensors of 16 bits. The range of p is that over the fitted
    rows: random points of many inputs are all far from them."""
    model = as_stored(stored(made, power))
    highest = float(model.evaluate(made.clipped(fitted)).value.max())
    path, places = plan(model, groups_of(model.interaction), [(0.0, highest)])

    def score(x: Floats) -> Floats:
        share = (made.clipped(x) - made.lower) / (made.upper - made.lower)
        found, _ = path.locate(np.rint(65535 * share).astype(np.int64))
        return power * floored(path.decoded(path.evaluate(found))[:, 0])

    return Kept(score, embedded(model.to_bytes()) + len(write(path, places)))


def logs(made: Mixture) -> Kept:
    """The largest of K additive outputs."""
    data = made.additive().to_bytes()
    model = sna_edge.from_bytes(data, "numpy")
    return Kept(lambda x: model.evaluate(made.clipped(x)).value.max(axis=1), embedded(data))


def floored(p: Floats) -> Floats:
    """ln max(p, 2^-126)."""
    return np.asarray(np.log(np.maximum(p, LEAST)))


def embedded(data: bytes) -> int:
    """Bytes of the file without its texts, digest and signature."""
    sections = validate(data).sections
    return 64 + 13 * 16 + sum(-(-len(s) // 64) * 64 for n, s in sections.items() if n not in TEXTS)


class Judged:
    """Scores [3, N] of both views and of their standardised sum."""

    def __init__(self, rows: Rows, views: list[Score], parts: list[Kept]) -> None:
        pairs = [(view, part.score) for view, part in zip(views, parts, strict=True)]
        known = [score(view(rows.calibration)) for view, score in pairs]
        spread = [np.median(c) - np.quantile(c, 0.05) + 1e-9 for c in known]

        def all_three(x: Floats) -> Floats:
            found = [score(view(x)) / s for (view, score), s in zip(pairs, spread, strict=True)]
            return np.stack([*found, found[0] + found[1]])

        self.known = np.sort(all_three(rows.calibration), axis=1)
        self.held_out = all_three(rows.held_out)
        self.strange = [all_three(x) for x in rows.strange.values()]
        self.bytes = sum(part.bytes for part in parts)

    def auroc(self) -> Floats:
        """[3, strange]: of raw inputs, of turned ones, of both."""
        return np.array(
            [[area(h, v[i]) for v in self.strange] for i, h in enumerate(self.held_out)]
        )

    def flagged(self, limit: float) -> Floats:
        """[3, strange] shares with a p-value up to `limit`; of equal scores the last counts."""
        count = limit * self.known.shape[1]
        return np.array(
            [
                [np.mean(np.searchsorted(known, v[i], "right") <= count) for v in self.strange]
                for i, known in enumerate(self.known)
            ]
        )

    def losses(self, reference: Judged) -> dict[str, Any]:
        """The worst of the strange rows, per view; the rank correlation over all rows."""
        auroc = self.auroc()
        pairs = zip(self.everything(), reference.everything(), strict=True)
        return {
            "bytes": self.bytes,
            "auroc": auroc.mean(axis=1).tolist(),
            "auroc lost": (reference.auroc() - auroc).max(axis=1).tolist(),
            "flagged lost": [
                (reference.flagged(p) - self.flagged(p)).mean(axis=1).tolist() for p in LIMITS
            ],
            "rank": [spearman(a, b) for a, b in pairs],
        }

    def everything(self) -> Floats:
        """Scores [3, rows] of familiar and of strange rows."""
        return np.concatenate([self.held_out, *self.strange], axis=1)


def area(familiar: Floats, strange: Floats) -> float:
    """Area under ROC: share of pairs in which the familiar row scores higher, ties half."""
    rank = ranks(np.append(familiar, strange))
    n, m = len(familiar), len(strange)
    return float((rank[:n].sum() - n * (n - 1) / 2) / (n * m))


def spearman(a: Floats, b: Floats) -> float:
    """Correlation of ranks."""
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def ranks(v: Floats) -> Floats:
    """Ranks from 0, equal values sharing their mean."""
    _, inverse, count = np.unique(v, return_inverse=True, return_counts=True)
    last = np.cumsum(count) - 1
    return np.asarray((last - (count - 1) / 2)[inverse])


def markdown(found: list[dict[str, Any]]) -> str:
    """One line an entry of the ways that are compared table by table; below, the worst of every
    way."""
    head = ["table", "inputs", "stored", "T", "bytes", "AUROC raw / turned / both", "AUROC lost",
            "flagged less at 5 %", "at 0.5 %", "rank correlation"]  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += [_line(e) for e in found if e["stored"] in BY_TABLE]
    worst = []
    for way in dict.fromkeys(e["stored"] for e in found):
        entries = [e for e in found if e["stored"] == way]
        lost = np.max([e["auroc lost"] for e in entries if "bytes" in e], axis=0)
        tables = sum("bytes" not in e for e in entries)
        said = f"; no path for {tables} of {len(entries)} tables" if tables else ""
        worst.append(f"{way}: at most {three(lost)} of AUROC lost{said}")
    return "\n".join([*lines, "", *worst]) + "\n"


def _line(e: dict[str, Any]) -> str:
    cells = [e["table"], str(e["inputs"]), e["stored"], ", ".join(f"{t:g}" for t in e["T"])]
    if "bytes" not in e:
        cells += ["no path", *[""] * 5]
    else:
        cells += [str(e["bytes"]), three(e["auroc"]), three(e["auroc lost"])]
        cells += [*(three(f) for f in e["flagged lost"]), three(e["rank"])]
    return "| " + " | ".join(cells) + " |"


def three(values: list[float]) -> str:
    """Three decimals each; no minus zero."""
    return " / ".join(f"{round(v, 3) + 0.0:.3f}" for v in values)


if __name__ == "__main__":
    main()
