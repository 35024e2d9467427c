"""What each reading contributes to an answer, against another part, a setting, rows or means.

Inputs that are computed from readings move with these where both the query and the reference leave
them out: every mixed setting is then one that sensors could give. A reading that is missing and the
flag that says so move together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..calculus.contributions import Contributions
from ..calculus.contributions.atoms import Atoms
from ..calculus.contributions.coalitions import Game
from ..calculus.contributions.coordinates import contributed, over_references
from ..calculus.distribution import Distribution, Uniform
from ..core.classes import as_probabilities
from ..core.inputs import Query, axis_index
from ..core.missing import Gaps
from ..core.record import ModelRecord
from ..errors import DomainError, InputError
from ..values.frames import columns_of
from ..values.levels import numbers

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Against = Query | Mapping[str, Distribution] | None
Admitted = Callable[[Any], tuple[Floats, bool]]
"""Coordinates [N, D] inside the domain of a query, and whether it was one point."""
BEHIND_A_LINK = "outputs behind a link start from the link of the mean of their linear part"


def answer(
    atoms: Atoms,
    query: Query,
    against: Against,
    admitted: Admitted,
    value: Callable[[Floats], Floats],
    gaps: Gaps | None,
) -> Contributions:
    """Of one point or several rows. `value` is the model's own function, linear outside its
    domain. Raises InputError or DomainError for the first row without a value."""
    model = atoms.model
    x, single = _inside(admitted, query, "")
    if len(x) == 0:
        raise InputError("there is no row to explain; give at least one")
    remark = ""
    if (over := _distributions(model, against)) is not None:
        names, players = _players(model, gaps)
        means = atoms.means(over) if over else atoms.uniform
        found = contributed(model, players, atoms.at(x), means)
        if any(o.link != "identity" for o in model.outputs):
            remark = BEHIND_A_LINK
    else:
        reference, _ = _inside(admitted, against, "the reference: ")
        if len(reference) == 0:
            raise InputError("there is no row to explain against; give at least one")
        computed = _left_out(model, query) & _left_out(model, against)
        if computed:
            mixer = _Mixer(model, computed, value)
            names = mixer.names
            sides = mixer.readings(query, x), mixer.readings(against, reference)
            found, remark = mixer.contributed(*sides)
        else:
            names, players = _players(model, gaps)
            found = contributed(model, players, *atoms.both(x, reference))
    share, base, y, error = found
    if single:
        share, y, error = share[0], y[0], error[0]
    return Contributions(names, share, base, y, error, remark)


def _inside(admitted: Admitted, query: Any, whose: str) -> tuple[Floats, bool]:
    """As `admitted`; a refusal says `whose` values it is about, and no way to extrapolate."""
    try:
        return admitted(query)
    except DomainError as error:
        said = str(error).partition("; pass extrapolate")[0]
        message = f"{whose}{said}; contributions hold inside the domain, give values inside"
        raise DomainError(message, row=error.row, axis=error.axis, excess=error.excess) from None
    except InputError as error:
        raise InputError(f"{whose}{error}") from None


def _distributions(model: ModelRecord, against: Against) -> list[Distribution] | None:
    """One of every input, uniform where none is named, [] for none; None where `against` are
    values."""
    if against is None:
        return []
    if not isinstance(against, Mapping) or not any(hasattr(v, "density") for v in against.values()):
        return None
    for name, given in against.items():
        axis_index(model.axes, name)
        if not hasattr(given, "density"):
            raise InputError(
                f"{name!r} has a value and other inputs have distributions; give a value to every"
                " input, or distributions alone"
            )
    told: Mapping[str, Any] = against
    return [told.get(a.name, Uniform()) for a in model.axes]


def _players(model: ModelRecord, gaps: Gaps | None) -> tuple[tuple[str, ...], list[list[int]]]:
    """Names of the inputs and the columns that each moves; flags of missing readings are none."""
    flags = {} if gaps is None else {f: name for name, f in gaps.flags.items() if f}
    columns = {a.name: [d] for d, a in enumerate(model.axes) if a.name not in flags}
    for d, axis in enumerate(model.axes):
        if axis.name in flags:
            columns[flags[axis.name]].append(d)
    return tuple(columns), list(columns.values())


def _left_out(model: ModelRecord, query: Any) -> set[int]:
    """Inputs that are computed because a query by names leaves them out."""
    if model.readings is None or not model.readings.derived:
        return set()
    names = query if isinstance(query, Mapping) else columns_of(query)
    if names is None:
        return set()
    return {f.axis for f in model.readings.derived if model.axes[f.axis].name not in names}


class _Mixer:
    """Mixed settings of readings: inputs that are not computed, and the raw readings that the
    others are computed from."""

    def __init__(
        self, model: ModelRecord, computed: set[int], value: Callable[[Floats], Floats]
    ) -> None:
        assert model.readings is not None
        self._model, self._value = model, value
        self._formulas = [f for f in model.readings.derived if f.axis in computed]
        self._own = [d for d in range(len(model.axes)) if d not in computed]
        self._raw = sorted({t.index for f in self._formulas for t in f.terms if t.raw})
        raw = [model.readings.raw[i].name for i in self._raw]
        self.names = (*(model.axes[d].name for d in self._own), *raw)
        self.beyond, self.settings = 0, 0

    def readings(self, query: Any, x: Floats) -> Floats:
        """Readings [N, P] of a query whose coordinates are x."""
        assert self._model.readings is not None
        named: Any = query if isinstance(query, Mapping) else columns_of(query)
        columns = [x[:, d] for d in self._own]
        for i in self._raw:
            reading = self._model.readings.raw[i]
            column = numbers(named[reading.name], reading.name, reading.unit)
            columns.append(np.broadcast_to(column, len(x)))
        return np.stack(columns, axis=1)

    def contributed(
        self, point: Floats, reference: Floats
    ) -> tuple[tuple[Floats, Floats, Floats, Floats], str]:
        """As of coordinates, and how many mixed settings lie outside the domain, in words."""
        rows = [
            over_references([self._game(one, other) for other in reference], len(self.names))
            for one in point
        ]
        share, base, y, error = (np.stack(part) for part in zip(*rows, strict=True))
        remark = (
            f"{self.beyond} of {self.settings} mixed settings lie outside the domain, where the"
            " model continues linearly"
            if self.beyond
            else ""
        )
        return (share, base[0], y, error), remark

    def _game(self, point: Floats, reference: Floats) -> tuple[Game, list[int]]:
        active = np.flatnonzero(point != reference)

        def game(masks: Bools) -> Floats:
            mixed = np.repeat(reference[None], len(masks), axis=0)
            mixed[:, active] = np.where(masks, point[active], reference[active])
            return self._outputs(mixed)

        return game, active.tolist()

    def _outputs(self, mixed: Floats) -> Floats:
        """y [M, K] of readings [M, P]."""
        model, own = self._model, len(self._own)
        x = np.zeros((len(mixed), len(model.axes)))
        x[:, self._own] = mixed[:, :own]
        raw = {i: mixed[:, own + j] for j, i in enumerate(self._raw)}
        for f in self._formulas:
            x[:, f.axis] = f.value([raw[t.index] if t.raw else x[:, t.index] for t in f.terms])
            self._need_numbers(f.axis, x[:, f.axis])
        outside = np.zeros(len(x), bool)
        for f in self._formulas:
            outside |= model.axes[f.axis].excess(x[:, f.axis]) != 0
        self.beyond += int(outside.sum())
        self.settings += len(x)
        return as_probabilities(model.classes, self._value(x))

    def _need_numbers(self, d: int, column: Floats) -> None:
        if not np.isfinite(column).all():
            raise InputError(
                f"input {self._model.axes[d].name!r} cannot be computed where some readings are"
                " those of the reference; give it a value in both, or choose another reference"
            )
