"""Solve every shipped problem, measure it against its target, write one table and a page with
plots.

python tools/physics/physics.py [--only orders,costs,problems,estimates,cases,kinds,advection,
    bounds,nonlinear,melting,eigenvalues,
    limits,theory,laser,tracks] [--output build/physics]
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

from physics_rows import Section, markdown

DOCS = Path(__file__).resolve().parents[2] / "docs" / "tables" / "physics.md"
SECTIONS = {
    "orders": "physics_problems",
    "costs": "physics_problems",
    "problems": "physics_problems",
    "estimates": "physics_estimates",
    "cases": "physics_cases",
    "kinds": "physics_cases",
    "advection": "physics_advection",
    "bounds": "physics_advection",
    "nonlinear": "physics_nonlinear",
    "melting": "physics_melting",
    "eigenvalues": "physics_eigen",
    "limits": "physics_limits",
    "theory": "physics_theory",
    "laser": "physics_laser",
    "tracks": "physics_laser",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="sections, separated by commas")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/physics"),
        help="folder of table.md and report.html",
    )
    parser.add_argument(
        "--docs",
        action="store_true",
        help="also write the rows of these sections that have a target to docs/tables/physics.md",
    )
    args = parser.parse_args()
    wanted = args.only.split(",") if args.only else list(SECTIONS)
    unknown = set(wanted) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; use {', '.join(SECTIONS)}")
    # The matrices are small and the sweeps bring their own threads: threads of the linear algebra
    # only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sections: list[Section] = []
    for name in wanted:
        section = getattr(import_module(SECTIONS[name]), name)()
        sections.append(section)
        print(markdown(section), flush=True)
    write(args.output, sections)
    if args.docs:
        kept = DOCS.read_text(encoding="utf-8") if DOCS.is_file() else ""
        DOCS.write_text(targets(sections, kept), encoding="utf-8")
    missed = [row for section in sections for row in section.rows if row.held is False]
    print(
        f"{len(missed)} of {sum(len(s.rows) for s in sections)} rows miss their target; wrote"
        f" {args.output}/table.md and report.html"
    )
    return 0


HEAD = ["| section | case | quantity | measured | target |", "|---|---|---|---|---|"]


def targets(sections: list[Section], kept: str) -> str:
    """One table of the rows that have a target; sections that were not run stay as in `kept`."""
    groups: dict[str, list[str]] = {}
    for line in kept.splitlines()[len(HEAD) :]:
        groups.setdefault(line.split(" | ")[0].removeprefix("| "), []).append(line)
    for section in sections:
        groups[section.title] = [
            f"| {section.title} | " + " | ".join(row.cells()[:4]) + " |"
            for row in section.rows
            if row.held is not None
        ]
    return "\n".join([*HEAD, *(line for rows in groups.values() for line in rows)]) + "\n"


def write(folder: Path, sections: list[Section]) -> None:
    from sna_export.report import Page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text("\n".join(markdown(s) for s in sections), encoding="utf-8")
    page = Page("Physics solved once", "Every figure is measured by this run; targets beside them.")
    for section in sections:
        page.heading(section.title)
        for words in section.notes:
            page.text(words)
        page.table(
            ["case", "quantity", "measured", "target", "held"], [r.cells() for r in section.rows]
        )
        if section.plots:
            page.plots(section.plots)
    page.write(folder / "report.html")


if __name__ == "__main__":
    raise SystemExit(main())
