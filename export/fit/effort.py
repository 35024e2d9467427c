"""How much a fit tries: quick, normal or thorough. Each level says what it leaves out of the next.

The levels differ in work, never in what is promised of the answer: baselines compete in all, and
rows that took no part in any choice confirm the winner.
"""

from __future__ import annotations

from dataclasses import dataclass

from sna_edge.errors import InputError


@dataclass(frozen=True)
class FamilySizes:
    """rows: evenly spaced, on which families of functions are chosen and judged; offered, taken,
    offers: most polynomial terms on offer and taken, and offers of them; splines: most terms of
    splines; trees: whether a forest is asked."""

    rows: int = 12_000
    offered: int = 2000
    taken: int = 500
    offers: int = 6
    splines: int = 900
    trees: bool = True


FULL = FamilySizes()


@dataclass(frozen=True)
class BesideSizes:
    """mixtures, folds: starts of a mixture of familiar inputs, and folds that it is scored by;
    by_inputs: whether a width may change with inputs."""

    mixtures: int = 3
    folds: int = 8
    by_inputs: bool = True


BESIDE = BesideSizes()


@dataclass(frozen=True)
class Effort:
    """links: most that are tried; teacher_rows: rows up to which teachers are trained,
    which need 8 N^2 bytes and N^3 / 3 operations;
    evidence_rows, evidence_steps: of the search for their hyper-parameters, with `halves` once more
    on each half of the rows; products: most of a kernel.

    search_rows: rows that direct fits are searched on; fit_rows: most that any fit sees; ranks:
    most modes of a direct fit; steps: share of the steps of each; polish: share of the steps
    that the winner is polished by.

    ladder: ranks of students, () for those of their schedule; points: share of their training
    points; refits: students of teachers without each fold.

    brief: the search of `pipeline/brief.py`, on rows of which some are held out; first: the
    families by which it takes a link.
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
    polish: float
    ladder: tuple[int, ...]
    points: float
    refits: bool
    brief: bool = False
    families: FamilySizes = FULL
    first: FamilySizes = FULL
    beside: BesideSizes = BESIDE
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
    teacher_rows=1200,
    evidence_rows=300,
    evidence_steps=50,
    halves=False,
    products=1,
    search_rows=3000,
    fit_rows=60_000,
    ranks=8,
    steps=0.6,
    polish=0.25,
    ladder=(6, 16),
    points=0.25,
    refits=False,
    brief=True,
    families=FamilySizes(rows=3000, offered=1000, taken=300, offers=6, splines=300, trees=False),
    first=FamilySizes(rows=3000, offered=600, taken=200, offers=4, trees=False),
    beside=BesideSizes(mixtures=1, folds=3, by_inputs=False),
    skipped=(
        "links but the one under which polynomials err least",
        "polynomials of more than 300 terms, and more than 300 terms of splines",
        "fits to the rows where these err by more than 2 % or polynomials by less than 0.01 %,"
        " and more than 8 modes of them",
        "functions taught by trees, and forests beside Gaussian processes",
        "Gaussian processes of two products, and students of those that gain little",
        "the search over all rows: some are held out of it in every table",
        "widths that change with single inputs",
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
