"""How honest intervals are on measured tables: score against one constant width, coverage by
quartile of the prediction, other libraries on the same rows.

    python tools/honest/honest.py [--splits N] [--only WORD] [--no-fits] [--write]

Predictions are those of fast stand-ins (a Gaussian process, boosted trees above 1,200 rows), so
that many tables and splits can be measured, and of sna-edge's own fits on six tables. `--write`
puts the result into docs/tables/honest.md. Splits already measured by the same code are taken from
out/honest. Tables and libraries that are absent are left out.
"""

from __future__ import annotations

import argparse
import logging
import os
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))
logging.disable(logging.INFO)  # MAPIE says of every call that trees cross

import numpy as np  # noqa: E402
from measures import (  # noqa: E402
    JUDGED,
    LEVELS,
    Judged,
    judged,
    perfect_quartile,
    quartiles_inside,
    ratios,
    worst_quartile,
)
from own_fits import OWN, own_fit  # noqa: E402
from references import installed  # noqa: E402
from stand_in import CACHE, Predicted, predicted  # noqa: E402
from tables import ABSENT, DATA, TABLES, Measured  # noqa: E402
from widths import constant, local  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "honest.md"
SIZES = (250, 700, 5000)
FEWER = 500
"""Rows instead of 700 where the table has not enough."""
REFERENCE_SPLITS = {250: 3, 700: 3, 5000: 1}
TARGETS = {250: 0.96, 700: 0.93, 5000: 0.90}
CODE = sha256(
    b"".join(
        p.read_bytes()
        for folder in (ROOT / "export" / "calibrate", Path(__file__).parent)
        for p in sorted(folder.glob("*.py"))
        if p.name not in ("__init__.py", Path(__file__).name)
    )
).hexdigest()[:12]
"""Of everything that a split depends on."""
LOCAL, CONSTANT = "sna-edge", "constant"
Found = dict[tuple[int, str], dict[str, list[Judged]]]


def rows_of(table: Measured, size: int) -> int:
    return FEWER if size == 700 and len(table.rows()[1]) < 1.25 * size else size


def measured(q: Predicted, references: bool) -> tuple[dict[str, Judged], str, int]:
    """Every method on one split; kind of our scale and bytes of its companion."""
    low, high, scale, size = local(q)
    ends = {CONSTANT: constant(q), LOCAL: (low, high)}
    for reference in installed() if references else ():
        ends[reference.name] = reference.ends(q, LEVELS)
    link = np.exp if q.linked else np.asarray
    found = {
        name: judged(q.split.y_test, link(q.p_test), link(a), link(b))
        for name, (a, b) in ends.items()
    }
    return found, scale.kind, size


def kept(table: Measured, size: int, seed: int, references: bool) -> Any:
    """`measured` of a split, from an earlier run of the same code where there was one; None where
    the table is too short."""
    named = f"{table.name.replace(' ', '_')}_{rows_of(table, size)}_{seed}_{int(references)}"
    path = CACHE / f"{CODE}_{named}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())
    q = predicted(table, rows_of(table, size), seed)
    if q is None:
        return None
    found = measured(q, references)
    CACHE.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return found


def all_measured(splits: int, word: str) -> tuple[Found, list[int], dict[str, int]]:
    """Of every size, table and split; sizes of the companions, counts of the kinds."""
    found: Found = {}
    sizes, kinds = [], defaultdict(int)
    for size in SIZES:
        for table in (t for t in TABLES if t.there and word in t.name):
            begin, here = time.perf_counter(), defaultdict(list)
            for seed in range(splits):
                split = kept(table, size, seed, seed < REFERENCE_SPLITS[size])
                if split is None:
                    break
                one, kind, bytes_of = split
                for name, j in one.items():
                    here[name].append(j)
                kinds[kind] += 1
                sizes += [bytes_of] if bytes_of else []
            if here:
                found[size, table.name] = dict(here)
                ratio = ratios(here[LOCAL], here[CONSTANT])[JUDGED]
                seconds = time.perf_counter() - begin
                print(f"{table.name}, {size}: {ratio:.3f} in {seconds:.0f} s", file=sys.stderr)
    return found, sizes, kinds


def geometric(found: Found, size: int, name: str, level: int = JUDGED) -> float:
    """Score over that of the constant width, mean over the tables."""
    one = [
        np.log(ratios(m[name], m[CONSTANT])[level])
        for (n, _), m in found.items()
        if n == size and name in m
    ]
    return float(np.exp(np.mean(one))) if one else np.nan


def cells(values: Sequence[float], form: str) -> str:
    return " / ".join(form.format(v) for v in values)


def summary(found: Found) -> list[list[str]]:
    """A row a size: our figures beside their targets."""
    rows = [
        [
            "rows", "tables", "score / constant at 90 %", "target", "worst table",
            "covered at 50 / 80 / 90 / 95 / 99 %", "worst quartile: constant, local, perfect",
            "quartiles within bounds: constant, local",
        ]
    ]  # fmt: skip
    for size in dict.fromkeys(n for n, _ in found):
        mine = {t: m for (n, t), m in found.items() if n == size}
        each = {t: ratios(m[LOCAL], m[CONSTANT])[JUDGED] for t, m in mine.items()}
        worst = max(each, key=lambda t: each[t])
        every = [j for m in mine.values() for j in m[LOCAL]]
        cover = 100 * np.mean(
            [np.mean([j.coverage for j in m[LOCAL]], axis=0) for m in mine.values()], axis=0
        )
        quart = [
            100 * np.mean([worst_quartile(m[name]) for m in mine.values()])
            for name in (CONSTANT, LOCAL)
        ]
        inside = [
            np.sum([quartiles_inside(m[name]) for m in mine.values()], axis=0)
            for name in (CONSTANT, LOCAL)
        ]
        rows.append(
            [
                str(size) if size != 700 else f"{FEWER}-{size}",
                str(len(mine)),
                f"{geometric(found, size, LOCAL):.3f}",
                f"<= {TARGETS[size]:.2f}",
                f"{each[worst]:.3f} ({worst})",
                cells(cover, "{:.1f}"),
                cells([*quart, 100 * perfect_quartile(every)], "{:.1f}"),
                cells([f"{a} of {b}" for a, b in inside], "{}"),
            ]
        )
    return rows


def against(found: Found) -> list[list[str]]:
    """A row a method: score over the constant width's, on the splits that it has."""
    names = [r.name for r in installed()]
    sizes = list(dict.fromkeys(n for n, _ in found))
    head = ["width", *(f"{n} rows" for n in sizes), *(f"sna-edge / it, {n} rows" for n in sizes)]
    rows = [
        head,
        [LOCAL, *(f"{geometric(found, n, LOCAL):.3f}" for n in sizes), *[""] * len(sizes)],
    ]
    for name in names:
        beside = []
        for n in sizes:
            same = [
                np.log(ratios(m[LOCAL], m[name])[JUDGED])
                for (size, _), m in found.items()
                if size == n and name in m
            ]
            error = np.std(same, ddof=1) / len(same) ** 0.5 if len(same) > 1 else 0.0
            beside.append(f"{np.exp(np.mean(same)):.3f} x/ {np.exp(error):.3f}")
        rows.append([name, *(f"{geometric(found, n, name):.3f}" for n in sizes), *beside])
    best = ["best of each table, known afterwards", *[""] * len(sizes)]
    for n in sizes:
        of_tables = [
            max(ratios(m[LOCAL], m[name])[JUDGED] for name in names if name in m)
            for (size, _), m in found.items()
            if size == n and names
        ]
        best.append(f"{np.exp(np.mean(np.log(of_tables))):.3f}" if of_tables else "")
    return [*rows, best] if names else rows


def per_table(found: Found) -> list[list[str]]:
    sizes = list(dict.fromkeys(n for n, _ in found))
    rows = [["table", *(f"{n} rows" for n in sizes), "covered by quartile, most rows"]]
    for table in dict.fromkeys(t for _, t in found):
        here = {n: found[n, table] for n in sizes if (n, table) in found}
        last = here[max(here)][LOCAL]
        cover = 100 * sum(j.covered for j in last) / sum(j.rows for j in last)
        each = [
            f"{ratios(here[n][LOCAL], here[n][CONSTANT])[JUDGED]:.3f}" if n in here else ""
            for n in sizes
        ]
        rows.append([table, *each, cells(cover, "{:.0f}")])
    return rows


def own_fits() -> list[list[str]]:
    """sna-edge's own fits, their intervals through the file."""
    new = "RMSE / out of fold"
    rows = [
        ["table", "rows", "scale", "score / constant", new, "covered by quartile: constant, local"]
    ]
    for name in OWN:
        table = next(t for t in TABLES if t.name == name)
        if table.there:
            rows.append(own_fit(table))
            print(" | ".join(rows[-1]), file=sys.stderr)
    return rows


def markdown(rows: list[list[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--splits", type=int, default=10, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="tables whose name has WORD")
    parser.add_argument("--no-fits", action="store_true", help="stand-ins only")
    parser.add_argument("--write", action="store_true", help="into docs/tables/honest.md")
    args = parser.parse_args()
    if not DATA.is_dir():
        print(ABSENT, file=sys.stderr)
    found, sizes, kinds = all_measured(args.splits, args.only)
    names = ", ".join(r.name for r in installed()) or "none installed"
    chosen = ", ".join(f"{k} {v}" for k, v in sorted(kinds.items()))
    text = "\n".join(
        [
            f"{args.splits} random splits a table (other libraries: the first"
            f" {' / '.join(map(str, REFERENCE_SPLITS.values()))}; {names}); chosen: {chosen};"
            f" companions of {int(np.median(sizes or [0]))} bytes in the median, at most"
            f" {max(sizes or [0])}.\n",
            markdown(summary(found)),
            markdown(against(found)),
            markdown(per_table(found)),
            *([] if args.no_fits else [markdown(own_fits())]),
        ]
    )
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
