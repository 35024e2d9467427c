"""Select the rows that README shows from the measured tables of docs/tables/.

python tools/pages/summary_table.py
"""

from __future__ import annotations

import re
from pathlib import Path

TABLES = Path(__file__).resolve().parents[2] / "docs" / "tables"
HEAD = ("what", "measured", "compared with")


def rows(name: str) -> list[list[str]]:
    """The cells of all rows of docs/tables/NAME.md, headers too."""
    text = (TABLES / f"{name}.md").read_text(encoding="utf-8")
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line)
    ]


def row(name: str, *begins: str) -> list[str]:
    """The first row of a table whose cells begin so. Raises LookupError."""
    for cells in rows(name):
        if all(cell.startswith(text) for cell, text in zip(cells, begins, strict=False)):
            return cells
    raise LookupError(f"docs/tables/{name}.md has no row {begins}; measure it again")


def summary() -> str:
    """The table for README, every number of it from a measured table."""
    concrete, plant = row("accuracy", "concrete"), row("accuracy", "power plant")
    native, numpy = row("bench", "native"), row("bench", "numpy")
    m4, m0 = row("firmware", "cortex-m4f", "float"), row("firmware", "cortex-m0plus", "integer")
    int8 = row("bench", "int8")
    roots, dense = row("inverse", "roots, 7 inputs"), row("inverse", "planted roots")
    estimate, posterior = row("inverse", "estimate, 3 unknowns"), row("inverse", "posterior, 1,000")
    scipy = row("inverse", "scipy least_squares")
    lines = [
        ("concrete strength, 8 inputs, 20 splits", f"{concrete[2]} MPa", concrete[9]),
        ("power plant output, 4 inputs, 20 splits", f"{plant[2]} MW", plant[9]),
        (
            "90 % intervals on held-out rows of these two",
            f"cover {concrete[5]} and {plant[5]}",
            "90 %",
        ),
        (
            "one query, 7 inputs, 32 modes, one thread",
            f"{native[1]} us in C, {numpy[1]} us in numpy",
            "",
        ),
        ("batches, the same model", f"{native[4]} million queries/s in C", ""),
        (
            "the same model in int8",
            f"{int8[1]} bytes, error {int8[2]} of the range",
            f"float32 {row('bench', 'float32')[1]} bytes",
        ),
        (
            "Cortex-M4F, 7 inputs, 16 modes",
            f"{m4[6]} instructions, {m4[2]} bytes of code, {m4[4]} bytes of RAM",
            "",
        ),
        (
            "Cortex-M0+, integers only",
            f"{m0[6]} instructions, {m0[3]} bytes of artifact",
            "",
        ),
        ("all roots in one unknown", roots[1], dense[1].replace(" missed", " of 300,000 missed")),
        ("estimate from 200 observations, 16 starts", estimate[1], f"scipy {scipy[1]}"),
        ("posterior, 1,000 effective samples", posterior[1], ""),
    ]
    head = ["| " + " | ".join(HEAD) + " |", "|---|---|---|"]
    return "\n".join([*head, *("| " + " | ".join(line) + " |" for line in lines)]) + "\n"


if __name__ == "__main__":
    (TABLES / "summary.md").write_text(summary(), encoding="utf-8")
