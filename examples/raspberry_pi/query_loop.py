"""Answer every row of a growing sensor table with a prediction, its interval and a status.

    python query_loop.py model.sna readings.csv [--backend auto] [--follow] [--out answers.csv]

readings.csv has a column per input of the model; other columns are carried along. A row outside the domain, or with a
reading that is not a number, gets a status and no value: never a clamped or invented number.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

import numpy as np

import sna_edge


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("readings")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--follow", action="store_true", help="wait for new rows, for ever")
    parser.add_argument("--out", help="where answered rows go (default: the screen)")
    args = parser.parse_args(arguments)
    model = sna_edge.load(args.model, backend=args.backend)
    print(f"{model} on {model.backend.name}", file=sys.stderr)
    with open(args.out, "w", newline="") if args.out else nullcontext(sys.stdout) as out:
        return answer(model, rows(Path(args.readings), args.follow), out)


def rows(path: Path, follow: bool) -> Iterator[dict[str, str]]:
    """Rows of a table that another process may still be writing to."""
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        while True:
            yield from reader
            if not follow:
                return
            time.sleep(0.2)


def answer(model: Any, readings: Iterator[dict[str, str]], out: TextIO) -> dict[str, Any]:
    """One answered row per reading; returns counts and the median time of a query in microseconds."""
    writer: Any = None
    times, counts = [], dict[str, int]()
    for row in readings:
        missing = [name for name in model.input_names if name not in row]
        if missing:
            sys.exit(f"query_loop: the readings have no column {', '.join(missing)}; the model needs {', '.join(model.input_names)}")
        x = np.array([reading(axis, row[axis.name]) for axis in model.axes])
        start = time.perf_counter()
        found = model.evaluate(x, level_index=True)
        times.append(time.perf_counter() - start)
        status = model.status_name(int(found.status[0]))
        counts[status] = counts.get(status, 0) + 1
        answered: dict[str, Any] = {**row, "status": status}
        for k, name in enumerate(model.output_names):
            for what, numbers in (("predicted", found.value), ("lower", found.lower), ("upper", found.upper)):
                answered[f"{name} {what}"] = f"{numbers[0, k]:.6g}" if np.isfinite(numbers[0, k]) else ""
        if writer is None:
            writer = csv.DictWriter(out, list(answered))
            writer.writeheader()
        writer.writerow(answered)
        out.flush()
    median = float(np.median(times)) * 1e6 if times else 0.0
    print(f"{len(times)} rows: {counts}, {median:.0f} us per row", file=sys.stderr)
    return {"rows": len(times), "counts": counts, "microseconds": median}


def reading(axis: Any, text: str | None) -> float:
    """The coordinate of a cell: a number, or the level it means; NaN where it is missing or no number."""
    try:
        return float(axis.coordinate(text))
    except sna_edge.InputError:
        return float("nan")


if __name__ == "__main__":
    main()
