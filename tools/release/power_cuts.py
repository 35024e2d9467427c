"""The power is cut in every place of installing, refusing and rolling back: what is active then?

python tools/release/power_cuts.py [--samples 10000] [--write]

Every prefix of the writes, whole and with nothing that was not synced, then reorderings of what was
not synced at drawn places (tests/power_cuts.py). Writes docs/tables/power_cuts.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from power_cuts import PoweredDisk, cuts  # noqa: E402

from sna_edge.errors import InputError  # noqa: E402
from sna_edge.signing import Trust  # noqa: E402
from sna_edge.store import Store  # noqa: E402

TABLE = ROOT / "docs" / "tables" / "power_cuts.md"
STEPS = (1, 2, "back", 3, "refuse", 4, "back", "back", 5, 6)


def model(version: int) -> tuple[bytes, Trust]:
    """Bytes that stand for a model, of which a store sees the digest."""
    data = b"model %d " % version * 400
    return data, Trust(sha256(data).hexdigest(), "verified", version)


def played() -> tuple[PoweredDisk, list[str]]:
    """The disk after all steps, and the digest of the active model after each."""
    disk, active = PoweredDisk(), list[str]()
    for step in STEPS:
        store = Store("/s", disk)
        if step == "back":
            store.rollback()
        elif step == "refuse":
            store.refused("0" * 64, "a check failed")
        else:
            store.install(*model(int(step)))
        disk.done()
        active.append(Store("/s", disk).active().slot.sha256)
    return disk, active


def verdict(disk: PoweredDisk, allowed: list[str]) -> str:
    """What the device finds: one of the models `allowed`, whole; "" none, before the first."""
    try:
        found = Store("/s", disk).active()
    except InputError:
        return "active" if "" in allowed else "lost"
    whole = sha256(found.data).hexdigest() == found.slot.sha256
    return "active" if whole and found.slot.sha256 in allowed else "half active"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    disk, active = played()
    counts: dict[str, Counter[str]] = {"prefixes": Counter(), "reorderings": Counter()}
    prefixes = 2 * (len(disk.acts) + 1)
    for i, (done, _, cut) in enumerate(cuts(disk.acts, args.samples)):
        states = ["", *active][done : done + 2]
        counts["prefixes" if i < prefixes else "reorderings"][verdict(cut, states)] += 1
    lines = ["| cuts of the power | tried | the old or the new model active, whole | lost | half"
             " active |", "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for name, found in counts.items():
        cells = (sum(found.values()), found["active"], found["lost"], found["half active"])
        lines.append(f"| {name} | " + " | ".join(f"{n:,}" for n in cells) + " |")
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return int(any(c["lost"] or c["half active"] for c in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
