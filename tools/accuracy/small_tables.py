"""A fixed set of small tables fitted by this tree: error, turns, bytes and processor seconds, for a
comparison of two commits.

    python tools/accuracy/small_tables.py --log out/before.jsonl          in one tree
    python tools/accuracy/small_tables.py --log out/after.jsonl           in the other
    python tools/accuracy/small_tables.py --compare out/before.jsonl out/after.jsonl

Smooth functions with noise at 250 rows, and splits of the measured tables of measured_peers.py and
of IN718 walls. `--set look` are the tables by which a change may be understood, `--set check`
others that only judge it: no constant is chosen by them. Errors are RMSE on rows that took no part
(the function without noise where there is one) over their spread. What stands in the log is not
fitted again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
import smooth_functions as smooth  # noqa: E402
from functions import FUNCTIONS, Floats  # noqa: E402
from measured import DATA, ded  # noqa: E402
from measured_peers import TABLES, split  # noqa: E402

from sna_export.fit import fit_arrays  # noqa: E402
from sna_export.fit.validation.turning_points import turning_points  # noqa: E402

ROWS, FRESH, NOISE, FEW = 250, 3000, 0.1, 99
Rows = tuple[Floats, Floats, Floats, Floats]


def five(x: Floats) -> Floats:
    """A product, a bowl and two slopes."""
    return np.asarray(
        np.sin(4.0 * x[:, 0] * x[:, 1]) + 2.0 * (x[:, 2] - 0.5) ** 2 + x[:, 3] + 0.5 * x[:, 4]
    )


def three(x: Floats) -> Floats:
    """A saturating product of three inputs."""
    return np.asarray(np.tanh(2.0 * x[:, 0] * (0.3 + x[:, 1])) + x[:, 2] * np.exp(-x[:, 0]))


NOISY: dict[str, dict[str, tuple[Callable[[Floats], Floats], int]]] = {
    "look": {"five": (five, 5), "rational": (smooth.rational, 5), "waves": (smooth.waves, 4)},
    "check": {
        "three": (three, 3),
        "sum of pairs": (smooth.pairs, 6),
        "welding": (smooth.welding, 5),
        "arrhenius": (smooth.arrhenius, 4),
        "two ridges": (smooth.ridges, 6),
        "friedman": (next(f.value for f in FUNCTIONS if f.name == "friedman"), 5),
    },
}
SPLITS = {"look": (0,), "check": (1,)}
WALLS = {"look": (0, 3, 6), "check": (1, 2, 4, 5, 7)}


def noisy(value: Callable[[Floats], Floats], inputs: int, seed: int) -> Rows:
    rng = np.random.default_rng([seed, inputs])
    x, fresh = rng.random((ROWS, inputs)), rng.random((FRESH, inputs))
    y, truth = value(x), value(fresh)
    return x, y + NOISE * truth.std() * rng.normal(size=ROWS), fresh, truth


def wall(number: int) -> Rows:
    """All walls but one, and that one."""
    x, y, walls = ded()
    test = walls[number]
    rest = np.setdiff1d(np.arange(len(y)), test)
    return x[rest], y[rest], x[test], y[test]


def tables(which: str, seeds: int) -> Iterator[tuple[str, Callable[[], Rows]]]:
    """Name, and what makes the rows."""
    for name, (value, inputs) in NOISY[which].items():
        for seed in range(seeds):
            yield f"noisy {name} {seed}", lambda v=value, n=inputs, s=seed: noisy(v, n, s)
    if not DATA.is_dir():
        return
    for table in TABLES:
        if not table.there:
            continue
        for number in SPLITS[which]:
            yield f"measured {table.name} {number}", lambda t=table, n=number: split(t, n)
    for number in WALLS[which]:
        yield f"measured IN718 wall {number}", lambda n=number: wall(n)


def entry(name: str, rows: Rows) -> dict[str, Any]:
    """One line of the log."""
    x, y, fresh, truth = rows
    begin = time.process_time()
    found = fit_arrays(x, y, plain=True)
    seconds = time.process_time() - begin

    def values(at: Floats) -> Floats:
        return np.asarray(found.model.evaluate(at, extrapolate=True, level_index=True).value)

    spread = truth.std() if len(truth) > FEW else y.std()
    bends = turning_points(values, x, y[:, None], np.arange(x.shape[1]))
    return {
        "table": name,
        "error": float(np.sqrt(np.mean((values(fresh)[:, 0] - truth) ** 2)) / spread),
        "turns": float(bends.mean()),
        "seconds": seconds,
        "bytes": len(found.model.to_bytes()),
        "chosen": found.report["chosen"],
        "replaced": found.report["confirmed"]["replaced"],
    }


def logged(path: Path) -> dict[str, dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {e["table"]: e for e in map(json.loads, lines)}


def compared(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """A line a table that both have, then means: of ratios of errors and seconds (geometric), of
    turns."""
    both = [name for name in before if name in after]
    for name in both:
        a, b = before[name], after[name]
        yield (
            f"{name:32s} error {a['error']:.4f} -> {b['error']:.4f}"
            f"  turns {a['turns']:.2f} -> {b['turns']:.2f}"
            f"  s {a['seconds']:.1f} -> {b['seconds']:.1f}"
            f"  {a['chosen'][:28]} -> {b['chosen'][:28]}"
        )
    for kind in ("noisy", "measured"):
        pairs = [(before[n], after[n]) for n in both if n.startswith(kind)]
        if pairs:
            error, seconds, size = (
                np.exp(np.mean([np.log(b[key] / a[key]) for a, b in pairs]))
                for key in ("error", "seconds", "bytes")
            )
            turns = [np.mean([one["turns"] for one in side]) for side in zip(*pairs, strict=True)]
            yield (
                f"{kind}, {len(pairs)} tables: error {error:.3f}x  seconds {seconds:.2f}x"
                f"  bytes {size:.2f}x  turns {turns[0]:.2f} -> {turns[1]:.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=Path, help="where a line for every table goes")
    parser.add_argument("--set", dest="which", default="look", choices=("look", "check"))
    parser.add_argument("--seeds", type=int, default=2, help="of every function with noise")
    parser.add_argument("--only", default="", metavar="WORD", help="tables with this in their name")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("BEFORE", "AFTER"))
    args = parser.parse_args()
    if args.compare:
        print("\n".join(compared(*map(logged, args.compare))))
        return
    if args.log is None:
        parser.error("--log FILE or --compare BEFORE AFTER")
    args.log.parent.mkdir(parents=True, exist_ok=True)
    done = logged(args.log)
    for name, make in tables(args.which, args.seeds):
        if args.only not in name or name in done:
            continue
        line = entry(name, make())
        with open(args.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(
            f"{name}: error {line['error']:.4f}, turns {line['turns']:.2f},"
            f" {line['seconds']:.1f} s, {line['chosen']}, {line['replaced']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
