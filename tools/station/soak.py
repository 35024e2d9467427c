"""Break a whole station in every way that this page knows, many times, and say what it cost.

python tools/station/soak.py [--only NAME] [--times 1000] [--seconds S] [--seed 1] [--write]

Each campaign runs stations in processes of their own, with the servers that they speak to, breaks
something drawn at random, and checks after each station that every acknowledged part has exactly
one record, that the chain is whole, that no verdict differs from that of a line of our own on the
same reading, model and limits, that an alarm was raised where a person must know, and that the
station went on by itself. Ends with a line for each campaign; the exit code is 1 where something
did not hold. `--seconds` ends a campaign earlier, with the count that it has come to; `--write`
keeps the counts in docs/tables/station_soak.md (those of campaigns that did not run stay).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from campaigns.listed import CAMPAIGNS, Listed
from campaigns.outcome import Outcome
from campaigns.table import written


def campaign(listed: Listed, times: int, seed: int, seconds: float = 1e9) -> Outcome:
    """Stations one after the other until `times` faults were made, or the seconds are over."""
    total, end, n = Outcome(), time.monotonic() + seconds, 0
    while total.times < times and time.monotonic() < end:
        folder = Path(tempfile.mkdtemp(prefix="sna-soak-"))
        draw, count = (
            random.Random(f"{listed.name} {seed} {n}"),
            min(listed.lives, times - total.times),
        )
        try:
            found = listed.run(folder, count, draw)
        except Exception as error:
            found = Outcome(count, 0, [f"{type(error).__name__}: {error}"])
        found.faults = [
            f"{listed.name}, seed {seed}, station {n}: {words}" for words in found.faults
        ]
        for words in found.faults:
            print(words, flush=True)
        if found.faults:
            print(f"its files are left in {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        total.add(found)
        n += 1
    return total


def main() -> int:
    """0 where everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(CAMPAIGNS))
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1e9, help="for one campaign")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    bad = 0
    for name in args.only or CAMPAIGNS:
        listed = CAMPAIGNS[name]
        if why := listed.missing():
            print(f"{name}: not run, {why}")
            continue
        began = time.monotonic()
        found = campaign(listed, args.times, args.seed, args.seconds)
        seconds = time.monotonic() - began
        bad += len(found.faults)
        print(
            f"{name}: {found.times} times, {found.acknowledged} parts acknowledged,"
            f" {len(found.faults)} faults, {seconds:.0f} s",
            flush=True,
        )
        if args.write:
            written(listed, found, seconds)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
