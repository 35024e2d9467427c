"""How much a fit tries: quick, normal or thorough. Each level says what it leaves out of the next.

The levels differ in work, never in what is promised of the answer: baselines compete in all, and
rows that took no part in any choice confirm the winner.
"""

from __future__ import annotations

from dataclasses import dataclass

from sna_edge.errors import InputError


@dataclass(frozen=True)
class Effort:
    """links: most that are tried; teacher_rows: rows up to which teachers are trained,
    which need 8 N^2 bytes and N^3 / 3 operations;
    evidence_rows, evidence_steps: of the search for their hyper-parameters, with `halves` once more
    on each half of the rows; products: most of a kernel.

    search_rows: rows that direct fits are searched on; fit_rows: most that any fit sees; ranks:
    most modes of a direct fit; steps: share of the steps of each; finer: axes with more spans,
    straight pieces and the polish of noisy winners; polish: share of its steps.

    ladder: ranks of students, () for those of their schedule; points: share of their training
    points; refits: students of teachers without each fold.
    """

    name: str
    links: int
    teacher_rows: int
    evidence_rows: int
    evidence_steps: int
    halves: bool
    products: int
    search_rows: int
    fit_rows: int
    ranks: int
    steps: float
    finer: bool
    polish: float
    ladder: tuple[int, ...]
    points: float
    refits: bool
    skipped: tuple[str, ...] = ()
    """What the level leaves out of the next, in words."""

    def left_out(self, n_rows: int) -> list[str]:
        """What it leaves out of a fit of so many rows, in words."""
        found = list(self.skipped)
        if n_rows > self.teacher_rows:
            found.append(f"Gaussian processes (more than {self.teacher_rows:,} rows)")
        if n_rows > self.fit_rows:
            found.append(f"rows beyond {self.fit_rows:,}")
        return found


QUICK = Effort(
    "quick",
    links=1,
    teacher_rows=1500,
    evidence_rows=300,
    evidence_steps=50,
    halves=False,
    products=2,
    search_rows=3000,
    fit_rows=60_000,
    ranks=8,
    steps=0.6,
    finer=False,
    polish=0.25,
    ladder=(6, 16),
    points=0.5,
    refits=False,
    skipped=(
        "links but the first",
        "more than 8 modes and, of more than three inputs, more spans in fits to the rows",
        "three quarters of the steps of their polish",
        "Gaussian processes of half the rows, and students of them without each fold",
    ),
)
NORMAL = Effort(
    "normal",
    links=99,
    teacher_rows=10_000,
    evidence_rows=700,
    evidence_steps=100,
    halves=True,
    products=2,
    search_rows=12_000,
    fit_rows=1 << 62,
    ranks=24,
    steps=1.0,
    finer=True,
    polish=1.0,
    ladder=(),
    points=1.0,
    refits=True,
)
THOROUGH = Effort(
    "thorough",
    links=99,
    teacher_rows=16_000,
    evidence_rows=1500,
    evidence_steps=300,
    halves=True,
    products=3,
    search_rows=24_000,
    fit_rows=1 << 62,
    ranks=32,
    steps=2.0,
    finer=True,
    polish=3.0,
    ladder=(),
    points=2.0,
    refits=True,
)
EFFORTS = {effort.name: effort for effort in (QUICK, NORMAL, THOROUGH)}


def effort_named(name: str) -> Effort:
    """The level of a name. Raises InputError for another."""
    if name not in EFFORTS:
        raise InputError(f"effort is {name!r}; give one of {', '.join(EFFORTS)}")
    return EFFORTS[name]
