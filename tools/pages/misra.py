"""Rules of MISRA C:2012 that cppcheck's addon reports for sna.c, with how often, written into the
table of docs/misra.md.

    python tools/pages/misra.py [--check]

The reasons stay as they stand in the page; a rule without one is an error, as is a reason for a
rule that is no longer reported.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "misra.md"
DEFINES = ("-D__BYTE_ORDER__=1", "-D__ORDER_LITTLE_ENDIAN__=1")
ROW = re.compile(r"^\| (\d+\.\d+) \| \d+ \| (.*) \|$", re.M)


def reported() -> Counter[str]:
    """Rule -> places, in double precision."""
    command = ["cppcheck", "--quiet", "--addon=misra", "--std=c99", *DEFINES, "sna.c"]
    done = subprocess.run(
        command, cwd=ROOT / "firmware_bindings", capture_output=True, text=True, check=False
    )
    return Counter(re.findall(r"misra-c2012-([0-9.]+)\]", done.stderr))


def main() -> int:
    counts, page = reported(), PAGE.read_text()
    reasons = dict(ROW.findall(page))
    odd = sorted(set(counts) ^ set(reasons))
    if odd:
        print(
            f"reported without a reason, or a reason without a report: {', '.join(odd)}",
            file=sys.stderr,
        )
        return 1
    if "--check" not in sys.argv:
        ordered = sorted(counts, key=lambda rule: [int(n) for n in rule.split(".")])
        rows = iter([f"| {rule} | {counts[rule]} | {reasons[rule]} |" for rule in ordered])
        PAGE.write_text(ROW.sub(lambda _: next(rows), page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
