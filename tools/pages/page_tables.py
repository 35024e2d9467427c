"""Put the measured tables of docs/tables/ into the pages, between `<!-- table NAME -->` and `<!--
end NAME -->`.

python tools/pages/page_tables.py
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "docs/attacks.md",
    "docs/charts.md",
    "docs/curves.md",
    "docs/decisions.md",
    "docs/fields.md",
    "docs/fmu.md",
    "docs/gpu.md",
    "docs/javascript.md",
    "docs/kit.md",
    "docs/materials.md",
    "docs/measured.md",
    "docs/online.md",
    "docs/parts.md",
    "docs/page.md",
    "docs/plc.md",
    "docs/refit.md",
    "docs/score.md",
    "docs/sources.md",
    "docs/sweep.md",
    "docs/station.md",
    "docs/station_records.md",
    "docs/trust.md",
    "docs/why.md",
)
TABLES = ROOT / "docs" / "tables"
MARKED = re.compile(r"(<!-- table ([\w-]+) -->\n).*?(<!-- end \2 -->)", re.S)


def insert(text: str) -> str:
    """`text` with every marked table as its file holds it; a table that was never measured says
    so."""

    def table(match: re.Match[str]) -> str:
        path = TABLES / f"{match.group(2)}.md"
        body = path.read_text(encoding="utf-8").strip() if path.exists() else "(not measured yet)"
        return f"{match.group(1)}{body}\n{match.group(3)}"

    return MARKED.sub(table, text)


if __name__ == "__main__":
    for page in PAGES:
        path = ROOT / page
        path.write_text(insert(path.read_text(encoding="utf-8")), encoding="utf-8")
