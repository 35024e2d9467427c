"""Which rows are held out together, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ...table.row_keys import labels, times
from ..data.folds import Folds
from ..data.samples import Samples

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
LEAST_GROUPS, LEAST_TIMES = 4, 10
"""Fewer groups say nothing of another one; fewer times leave no history and blocks after it."""


@dataclass(frozen=True)
class Arrangement:
    """groups: what the groups are called (a column), `labels` of them; time: what the times are
    called. None where rows are free."""

    groups: str | None = None
    labels: tuple[str, ...] = ()
    time: str | None = None

    def of(self, samples: Samples) -> Arrangement:
        """That of some rows. Raises InputError where they have too few groups or times."""
        if samples.group is not None:
            present = np.unique(samples.group)
            self = replace(self, labels=tuple(self.labels[g] for g in present))
        _enough(samples.group, samples.time, self)
        return self

    def metadata(self) -> dict[str, Any]:
        """As the artifact holds it; empty where rows are free."""
        found: dict[str, Any] = {}
        if self.groups is not None:
            found |= {"groups": self.groups, "count": len(self.labels)}
        if self.time is not None:
            found["time"] = self.time
        return found

    def sentence(self, folds: Folds) -> str:
        """How rows were held out, in words."""
        many = len(folds.judged)
        if self.time is not None:
            what = f"whole groups of {self.groups!r} in the order of" if self.groups else ""
            return (
                f"rows are predicted forward in time: {what or 'by'} {self.time!r}, {many} blocks,"
                " each by models that saw the rows before it alone"
            )
        if self.groups is not None:
            return (
                f"rows are held out by whole groups of {self.groups!r}: {len(self.labels)} groups"
                f" in {many} folds; errors and intervals are those of a new {self.groups!r}"
            )
        return f"rows with equal inputs are held out together, {many} folds"


def inputs_beside(
    table: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None,
    how: Arrangement,
    others: Mapping[str, str] | None = None,
) -> list[str] | None:
    """The inputs without the columns that hold rows together, nor `others` {name: what it says}.
    Raises InputError where one of them is asked for as an input or target."""
    together = "says which rows are held out together"
    apart = {name: together for name in (how.groups, how.time) if name is not None}
    apart |= others or {}
    for name, what in apart.items():
        table.index(name)
        if name in targets or name in (inputs or ()):
            raise InputError(
                f"column {name!r} {what} and cannot be an input or a target as well; name it once"
            )
    if inputs is not None or not apart:
        return None if inputs is None else list(inputs)
    return [name for name in table.names if name not in (*targets, *apart)]


def arranged_by_columns(
    samples: Samples, table: Table, how: Arrangement
) -> tuple[Samples, Arrangement]:
    """The rows with groups and times from the columns of their table, and what these are."""
    group, when = None, None
    if how.groups is not None:
        found, group = labels(table, how.groups)
        how = replace(how, labels=found)
    if how.time is not None:
        when = times(table, how.time)
    return _arranged(samples, group, when, how), how


def arranged_by_arrays(
    samples: Samples, groups: Sequence[object] | None, time: Sequence[float] | None
) -> tuple[Samples, Arrangement]:
    """The rows with groups (any labels) and times (numbers) [N], and what these are."""
    how, group, when = Arrangement(), None, None
    if groups is not None:
        found, place = np.unique(np.array([str(g) for g in groups]), return_inverse=True)
        group = place.reshape(-1).astype(np.int64)
        how = replace(how, groups="groups", labels=tuple(map(str, found)))
    if time is not None:
        when, how = reals(time, "time").reshape(-1), replace(how, time="time")
        if not np.isfinite(when).all():
            raise InputError("a time is not a finite number; give one for every row")
    for what, array in (("groups", group), ("times", when)):
        if array is not None and len(array) != len(samples.x):
            raise InputError(f"{len(samples.x)} rows need as many {what}, not {len(array)}")
    return _arranged(samples, group, when, how), how


def _arranged(
    samples: Samples,
    group: NDArray[np.int64] | None,
    time: Floats | None,
    how: Arrangement,
) -> Samples:
    _enough(group, time, how)
    return samples if group is None and time is None else replace(samples, group=group, time=time)


def _enough(group: NDArray[np.int64] | None, time: Floats | None, how: Arrangement) -> None:
    """Raises InputError for too few groups or times."""
    if group is not None and (count := len(how.labels)) < LEAST_GROUPS:
        raise InputError(
            f"{how.groups!r} names {count} group{'s' if count > 1 else ''}; holding out whole"
            f" groups needs at least {LEAST_GROUPS}: measure more of them, or fit without groups"
        )
    if time is not None and (count := len(np.unique(time))) < LEAST_TIMES:
        raise InputError(
            f"{how.time!r} has {count} different time{'s' if count > 1 else ''}; predicting forward"
            f" in time needs at least {LEAST_TIMES}: name a finer column, or fit without times"
        )
