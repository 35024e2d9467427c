"""A column of labels or counts as numbers: which classes there are and which of them is asked
for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.table import is_number, number

from ...table import Table
from ...table.table import is_missing

Floats = NDArray[np.float64]
MOST_LABELS = 32
"""More labels are refused: most likely a column of names or numbers."""
LEAST_OF_LABEL = 2
"""Rows of each label: one alone cannot be held out and learnt."""


@dataclass(frozen=True)
class Asked:
    """What a likelihood was asked for: family; positive: the label whose probability a binary model
    gives; threshold from which on it is answered; order: labels from low to high; exposure: a
    column."""

    family: str = "auto"
    positive: str | None = None
    threshold: float = 0.5
    order: tuple[str, ...] = ()
    exposure: str | None = None


def labels_of(table: Table, name: str) -> set[str]:
    """The cells of a column that are not missing."""
    return {cell for cell in table.written(name) if not is_missing(cell)}


def is_text(table: Table, name: str) -> bool:
    """Whether a column holds labels: no cell of it that is not missing is a number."""
    if not table.has_text(name):
        return False
    cells = labels_of(table, name)
    return bool(cells) and not any(map(is_number, cells))


def labelled(table: Table, name: str, asked: Asked) -> tuple[Table, tuple[str, ...]]:
    """The table with the numbers 0, 1, .. of its labels in the column, and the labels: as ordered,
    else sorted, the positive one of two last. Raises InputError for missing cells, too many labels,
    single rows of one and labels that are not there."""
    cells = table.written(name)
    if not table.has_text(name) and not table.cells.get(name):
        cells = [text.removesuffix(".0") for text in cells]
    for row, cell in enumerate(cells):
        if not cell or (is_missing(cell) and table.has_text(name)):
            raise InputError(
                f"{table.place(row)}, column {name!r}: the label is missing; fill it in or drop the"
                " row (--missing drop leaves such rows out)"
            )
    found = sorted(set(cells), key=_order(set(cells)))
    labels = _ordered(table, name, found, asked)
    _check(name, cells, labels)
    number = {label: i for i, label in enumerate(labels)}
    places = [number[cell] for cell in cells]
    numbers = table.numbers.copy(order="F")
    numbers[:, table.index(name)] = places
    return replace(
        table, numbers=numbers, cells={**table.cells, name: list(map(str, places))}
    ), labels


def _order(found: set[str]) -> Callable[[str], tuple[float, str, str]]:
    if all(map(is_number, found)):
        return lambda text: (_number(text), text, text)
    return lambda text: (0.0, text.casefold(), text)


def _number(text: str) -> float:
    found = number(text)
    return found if found == found else number(text, ",")


def some(labels: Sequence[str]) -> str:
    """How many labels there are, and the first ones.

    >>> some(["nok", "ok"]), some([str(i) for i in range(99)])
    ('2 labels (nok, ok)', '99 labels (0, 1, 2, 3, 4, 5, 6, 7, ..)')
    """
    first = [*labels[:8], *([".."] if len(labels) > 8 else [])]
    return f"{len(labels)} labels ({', '.join(first)})"


def not_of_two(name: str, positive: str, table: Table) -> str:
    """Why a column has no positive label of this name."""
    found = labels_of(table, name)
    return (
        f"--positive {positive!r} is not one of two labels: column {name!r} has"
        f" {some(sorted(found, key=_order(found)))}; name one of two, or leave it out"
    )


def _ordered(table: Table, name: str, found: Sequence[str], asked: Asked) -> tuple[str, ...]:
    if asked.order:
        if sorted(asked.order) != sorted(found):
            raise InputError(
                f"--order lists {', '.join(asked.order)}; column {name!r} has {some(found)}: list"
                " each of them once, from low to high"
            )
        return asked.order
    if asked.positive is not None:
        if asked.positive not in found or len(found) != 2:
            raise InputError(not_of_two(name, asked.positive, table))
        return (*(label for label in found if label != asked.positive), asked.positive)
    return tuple(found)


def _check(name: str, cells: Sequence[str], labels: tuple[str, ...]) -> None:
    if len(labels) == 1:
        raise InputError(f"output {name!r} is constant ({labels[0]}); choose a target that varies")
    if len(labels) > MOST_LABELS:
        raise InputError(
            f"column {name!r} has {len(labels)} labels, more than {MOST_LABELS}; group rare ones,"
            " or choose another target"
        )
    for label in labels:
        if cells.count(label) < LEAST_OF_LABEL:
            raise InputError(
                f"column {name!r} has the label {label!r} in one row alone; measure more of it, or"
                " join it with another label"
            )


def exposures(table: Table, name: str, asked: Asked) -> Floats:
    """The exposure [N] of counts. Raises InputError for what is no count, and for an exposure that
    is not positive."""
    exposure = np.ones(len(table))
    if asked.exposure is not None:
        exposure = table.column(asked.exposure)
        bad = np.flatnonzero(~(exposure > 0) | ~np.isfinite(exposure))
        if len(bad):
            raise InputError(
                f"{table.place(int(bad[0]))}: the exposure {asked.exposure!r} is not a positive"
                " number; fill it in or drop the row"
            )
    y = table.column(name)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero((y < 0) | (y != np.rint(y)) & np.isfinite(y))
    if len(bad):
        raise InputError(
            f"{table.place(int(bad[0]))}: {name!r} = {y[bad[0]]:g} is no count; a Poisson"
            " likelihood needs 0, 1, 2, .. (gamma is for positive numbers)"
        )
    return exposure


def need_positive(table: Table, name: str) -> None:
    """Raises InputError where a number is not positive."""
    y = table.column(name)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(y <= 0)
    if len(bad):
        raise InputError(
            f"{table.place(int(bad[0]))}: {name!r} = {y[bad[0]]:g}; a gamma likelihood needs"
            " positive numbers: drop the row, or fit without --family"
        )
