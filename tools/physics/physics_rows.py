"""What a section of the physics report holds: rows of measured figures beside their targets, notes
and plots."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One figure; `most` or `least` is its target, None for information."""

    case: str
    quantity: str
    measured: float
    most: float | None = None
    least: float | None = None
    unit: str = ""

    @property
    def held(self) -> bool | None:
        """Whether the target holds; None without one."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.measured <= self.most) and (
            self.least is None or self.measured >= self.least
        )

    def cells(self) -> list[str]:
        """Case, quantity, measured, target, held."""
        bounds = [
            f"{word} {value:.3g}"
            for word, value in (("at least", self.least), ("at most", self.most))
            if value is not None
        ]
        word = {None: "", True: "yes", False: "NO"}[self.held]
        return [
            self.case,
            self.quantity,
            f"{self.measured:.4g} {self.unit}".strip(),
            ", ".join(bounds),
            word,
        ]


@dataclass
class Section:
    """A heading with its rows, sentences and SVG plots."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plots: list[str] = field(default_factory=list)

    def add(self, case: str, quantity: str, measured: float, **target: object) -> None:
        self.rows.append(Row(case, quantity, float(measured), **target))  # type: ignore[arg-type]


def markdown(section: Section) -> str:
    """The section as a heading and a table."""
    lines = [
        f"## {section.title}",
        "",
        "| case | quantity | measured | target | held |",
        "|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in section.rows]
    return "\n".join([*lines, "", *section.notes, ""])
