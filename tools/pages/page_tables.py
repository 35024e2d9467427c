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
    "docs/fmu.md",
