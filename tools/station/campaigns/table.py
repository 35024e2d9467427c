"""The table of what campaigns have come to."""

from __future__ import annotations

from pathlib import Path

from .listed import CAMPAIGNS, Listed
from .outcome import Outcome

PATH = Path(__file__).resolve().parents[3] / "docs" / "tables" / "station_soak.md"
HEAD = (
    "| campaign | what is broken | times | parts acknowledged | faults | s |\n"
    "|---|---|---|---|---|---|\n"
)


def written(listed: Listed, found: Outcome, seconds: float, path: Path = PATH) -> None:
    """Put one campaign into the table; the others stay."""
    rows = _rows(path)
    rows[listed.name] = (
        f"| {listed.name} | {listed.words} | {found.times:,} | {found.acknowledged:,} |"
        f" {len(found.faults)} | {seconds:,.0f} |"
    )
    path.write_text(HEAD + "".join(f"{rows[name]}\n" for name in CAMPAIGNS if name in rows))


def _rows(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text().splitlines()[2:]
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("|")}
