"""Change artifacts of format 1.1 number by number: the Python and the C reader must name the same
rule, or both accept the file and answer alike; nothing else may happen.

    python tools/release/mutate.py [--count N] [--seed N] [--flags "-fsanitize=..."]

Prints how often each rule was named and how many lines of the Python checks named it. A crash ends
the process, and so does a file that takes more than ten seconds of the processor. The file of a
given number is made again by --only.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import tracemalloc
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from types import TracebackType

import numpy as np
from mutations import Source, mutated
from reader_pair import Pair

import sna_edge
from sna_edge.artifact import checks
from sna_edge.errors import ArtifactError

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "tests" / "sna_edge" / "kept" / "1.1"
SECONDS = 10
WHOLE, MEASURED = 3, 66
"""Every so many files become a model, replay their golden vectors and are asked; the others are
checked alone. Every so many the peak memory of reading is measured."""
Line = tuple[str, int]


def named_at(trace: TracebackType | None) -> Line:
    """The line that asked for the rule: the last one outside checks/rules.py."""
    found: Line = ("", 0)
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.name != "rules.py":
            found = (file.name, trace.tb_lineno)
        trace = trace.tb_next
    return found


class Count:
    """What a run has seen."""

    def __init__(self) -> None:
        self.rules: Counter[str] = Counter()
        self.lines: dict[str, set[Line]] = defaultdict(set)
        self.different: list[str] = []
        self.slowest = self.memory = 0.0

    def report(self, count: int, seconds: float) -> str:
        lines = sum(len(found) for found in self.lines.values())
        head = (
            f"{count} files in {seconds:.0f} s, {len(self.different)} answered differently; slowest"
            f" {self.slowest:.2f} s; peak memory {self.memory:.2f} of 10 x file + 16 MB;"
            f" {lines} lines of the reader named a rule"
        )
        rows = [
            f"{n:8d}  {rule or 'accepted':22s} {len(self.lines[rule]):3d} lines"
            for rule, n in self.rules.most_common()
        ]
        return "\n".join([head, *rows])


def read(data: bytes, seen: Count, whole: bool, measure: bool) -> tuple[str, sna_edge.Model | None]:
    """The rule ('' where accepted) and the model that Python reads."""
    if measure:
        tracemalloc.start()
    try:
        if whole:
            return "", sna_edge.from_bytes(data, backend="numpy")
        checks.validate(data)
        return "", None
    except ArtifactError as error:
        seen.lines[error.rule].add(named_at(error.__traceback__))
        return error.rule, None
    finally:
        if measure:
            peak = tracemalloc.get_traced_memory()[1]
            seen.memory = max(seen.memory, peak / (10 * len(data) + 16 * 2**20))
            tracemalloc.stop()


def one(i: int, seed: int, sources: list[Source], pair: Pair, seen: Count) -> bytes:
    rng = Random(f"{seed} {i}")
    data = mutated(sources[i % len(sources)], rng)
    start, whole = time.process_time(), i % WHOLE == 0
    rule, model = read(data, seen, whole, i % MEASURED == 0)
    seen.rules[rule if whole or rule else "checked"] += 1
    said = pair.difference(data, rule, model, whole)
    seen.slowest = max(seen.slowest, time.process_time() - start)
    if said:
        seen.different.append(f"file {i} of {sources[i % len(sources)].name}: {said}")
        print("\n" + seen.different[-1], file=sys.stderr)
    return data


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="this file alone; writes it to FILE.sna")
    parser.add_argument("--flags", default="", help="more words for the C compiler")
    args = parser.parse_args()
    np.seterr(all="ignore")  # changed tables may hold anything
    pair = Pair(ROOT / "firmware_bindings", args.flags.split())
    sources = [Source(p.stem, p.read_bytes()) for p in sorted(KEPT.glob("*.sna"))]
    seen, start = Count(), time.perf_counter()
    if args.only is not None:
        data = one(args.only, args.seed, sources, pair, seen)
        Path("FILE.sna").write_bytes(data)
        print(seen.report(1, 0.0))
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped early: says how far it came
    done = 0
    try:
        for done in range(args.count):
            signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor; ends the process
            if done % 1000 == 0:
                word = f"\rfile {done} of {args.count}, seed {args.seed}"
                print(word, end="", file=sys.stderr, flush=True)
            one(done, args.seed, sources, pair, seen)
        done = args.count
    except KeyboardInterrupt:
        pass
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(seen.report(done, time.perf_counter() - start))
    return 1 if seen.different or seen.memory > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
