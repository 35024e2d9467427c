"""Coordinates of readings (FORMAT.md section 16): what a sensor gives within its tolerance of the
domain is the border, derived inputs are computed from others and from raw readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.beside import Derived, Readings, Term
from ..core.beside.program import fault
from ..core.domain import Check, DomainBox
from ..core.inputs import Query, coordinates, encoded
from ..core.record import ModelRecord
from ..core.tolerance import checked as checked_tolerance
from ..core.tolerance import to_border
from ..errors import DomainError, InputError
from ..status import Status
from ..values.frames import columns_of
from ..values.levels import numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Completed:
    """A query {input: values} with its derived inputs, and per row: status (0, or negative where a
    derived input has no value, which is NaN), the raw reading (-1: none) and the input at fault,
    and how far outside its range the raw reading is. Shapes () for one point, (N,) for several.
    `faults` {input: what its formula ran into first, in words}."""

    query: dict[str, object]
    status: NDArray[np.int8]
    raw: NDArray[np.int64]
    axis: NDArray[np.int64]
    excess: Floats
    faults: dict[int, str]


@dataclass(frozen=True)
class Coordinates:
    """x [N, D] of readings, and per row [N] status: 0, or negative where a raw reading is no number
    or out of its range, or a derived input is not finite (its x is NaN)."""

    x: Floats
    status: NDArray[np.int8]


def coordinates_of(model: ModelRecord, query: Query, level_index: bool) -> Coordinates:
    """Coordinates of readings: a mapping or table by name, or an array (D + n_raw,) or
    (N, D + n_raw). Raises InputError for a missing reading."""
    found = completed(model, _named(model, query), level_index)
    x, _ = coordinates(model.axes, query if found is None else found.query, level_index)
    x, _ = bordered(model, model.axes, x, None)
    status = 0 if found is None else found.status
    return Coordinates(x, np.broadcast_to(status, len(x)).astype(np.int8))


def _named(model: ModelRecord, query: Query) -> Query:
    """An array of inputs and raw readings as a mapping that leaves out what is derived."""
    readings = model.readings
    if readings is None or isinstance(query, Mapping) or columns_of(query) is not None:
        return query
    rows = np.asarray(query, dtype=None if isinstance(query, np.ndarray) else object)
    names = [*model.input_names, *(r.name for r in readings.raw)]
    if rows.ndim not in (1, 2) or rows.shape[-1] != len(names):
        raise InputError(
            f"readings have shape {rows.shape}; give ({len(names)},) or (N, {len(names)}) in the"
            f" order {', '.join(names)}"
        )
    derived = readings.formulas
    return {n: rows[..., d] for d, n in enumerate(names) if d not in derived}


def asked(model: ModelRecord, query: Query, level_index: bool) -> Query:
    """The query with its derived inputs. Raises InputError or DomainError for the first row that
    has none."""
    found = completed(model, query, level_index)
    if found is None:
        return query
    if (found.status < 0).any():
        refuse(model, found)
    return found.query


def checked(
    model: ModelRecord,
    domain: DomainBox,
    query: Query,
    extrapolate: bool,
    tolerance: Mapping[str, float] | None,
    level_index: bool,
) -> tuple[Check, NDArray[np.bool_] | None]:
    """Status and coordinates of every row of a model with readings, and which were moved to the
    border by `tolerance`, or by that of the file where it is None."""
    if tolerance:
        tolerance = checked_tolerance(model.axes, tolerance)
    found = completed(model, query, level_index, tolerance)
    x, _ = coordinates(model.axes, query if found is None else found.query, level_index)
    x, moved = bordered(model, model.axes, x, tolerance)
    check = domain.check(x, extrapolate)
    if found is None or not (found.status < 0).any():
        return check, moved
    bad = np.broadcast_to(found.status < 0, len(x))
    status = np.where(bad, found.status, check.status)
    axis = np.where(bad, found.axis, check.axis)
    return Check(status, axis, np.where(bad, np.nan, check.excess), check.x), moved


def of_sensors(model: ModelRecord) -> dict[str, float]:
    """{input: tolerance of its sensor} that the file says."""
    if model.readings is None:
        return {}
    told = zip(model.axes, model.readings.tolerance.tolist(), strict=True)
    return {a.name: t for a, t in told if t}


def bordered(
    model: ModelRecord, axes: tuple[Axis, ...], x: Floats, tolerance: Mapping[str, float] | None
) -> tuple[Floats, NDArray[np.bool_] | None]:
    """X [N, len(axes)] with readings within `tolerance`, or that of the file where it is None, at
    the border, and which were moved; None where there is no tolerance."""
    allowed = of_sensors(model) if tolerance is None else tolerance
    return to_border(axes, x, allowed) if allowed else (x, None)


def completed(
    model: ModelRecord,
    query: object,
    level_index: bool = False,
    tolerance: Mapping[str, float] | None = None,
) -> Completed | None:
    """`query` with the derived inputs that it leaves out but gives the parents of, raw readings
    taken out; None where it is an array, or there is nothing to do. Parents no further outside than
    `tolerance` (that of the file by default) count as the border. Raises InputError for a missing
    parent and for what is no number."""
    readings = model.readings
    if readings is None or not (readings.derived or readings.raw):
        return None
    given = _given(model, query)
    if given is None:
        return None
    raw = {
        i: numbers(given.pop(r.name), r.name, r.unit)
        for i, r in enumerate(readings.raw)
        if r.name in given
    }
    wanted = [f for f in readings.derived if model.axes[f.axis].name not in given]
    values = {f.axis: _parents(model, f, given, raw, level_index, tolerance) for f in wanted}
    try:
        shape = np.broadcast_shapes(
            *(v.shape for v in raw.values()), *(v.shape for one in values.values() for v in one)
        )
    except ValueError:
        raise InputError(
            "readings are not numbers of matching length; give one number or array per name"
        ) from None
    found = _fresh(given, shape)
    _need_range(readings, raw, found)
    for f in wanted:
        _derive(model, f, values[f.axis], found)
    return found


def with_computed(
    model: ModelRecord, given: Mapping[str, object], but: Sequence[str] = ()
) -> Mapping[str, object]:
    """`given` values of inputs and raw readings as values of inputs alone: readings within the
    tolerance of their sensor at the border, and every input that is computed from them, where all
    it is computed from is given, the inputs `but` left out. Raises InputError or DomainError for
    readings that give none."""
    given = _on_border(model, given)
    readings = model.readings
    if readings is None or not (readings.derived or readings.raw):
        return given
    names = {f: model.axes[f.axis].name for f in readings.derived}
    fresh = {f: n for f, n in names.items() if n not in given and n not in but}
    whole = [f for f in fresh if all(_name(model, t) in given for t in f.terms)]
    left = [n for f, n in fresh.items() if f not in whole]
    others = dict.fromkeys([*left, *(n for n in names.values() if n in but)], 0.0)
    found = completed(model, {**others, **given})
    if found is None:
        return given
    if (found.status < 0).any():
        refuse(model, found)
    return {name: value for name, value in found.query.items() if name not in others}


def need_own_inputs(model: ModelRecord, moved: Iterable[str], given: Mapping[str, object]) -> None:
    """Raises InputError where one of the inputs to be `moved` would move another that is computed
    from it, as no value of that is `given`: a search that holds it fixed would be wrong."""
    names = set(moved)
    for f in model.readings.derived if model.readings else ():
        computed, parents = model.axes[f.axis].name, {_name(model, t) for t in f.terms if not t.raw}
        if computed not in given and (both := sorted(names & parents)):
            raise InputError(
                f"input {computed!r} is computed from {both[0]!r} and would move with it, which"
                f" this search does not follow; take {computed!r} itself as adjustable, with a"
                " value in the part, and set the readings behind it accordingly"
            )


def raw_is_no_input(model: ModelRecord, name: str) -> InputError:
    """The error of a question for a raw reading as if it were an input."""
    assert model.readings is not None
    computed = [
        model.axes[f.axis].name
        for f in model.readings.derived
        if name in (_name(model, t) for t in f.terms)
    ]
    wanted = repr(computed[0]) if computed else "an input"
    return InputError(
        f"{name!r} is a raw reading, from which the model computes {wanted}; ask for {wanted}"
        " instead and set the readings by its formula (sna-edge info shows it)"
    )


def _on_border(model: ModelRecord, given: Mapping[str, object]) -> Mapping[str, object]:
    """`given` with single numbers within the tolerance of their sensor at the border."""
    put = dict(given)
    for name in of_sensors(model):
        value = given.get(name)
        if isinstance(value, (int, float, np.number)):
            axis = model.axes[list(model.input_names).index(name)]
            put[name] = float(bordered(model, (axis,), np.array([[value]]), None)[0][0, 0])
    return put


def _given(model: ModelRecord, query: object) -> dict[str, Any] | None:
    """{name: values} of a mapping, or of the inputs and raw readings among the columns of a table;
    None for an array."""
    if isinstance(query, Mapping):
        return dict(query)
    frame = columns_of(query)
    if frame is None or model.readings is None:
        return None
    names = [*model.input_names, *(r.name for r in model.readings.raw)]
    return {name: frame[name] for name in names if name in frame}


def _fresh(query: dict[str, object], shape: tuple[int, ...]) -> Completed:
    status, nowhere = np.zeros(shape, np.int8), np.full(shape, -1)
    return Completed(query, status, nowhere, nowhere.copy(), np.zeros(shape), {})


def _parents(
    model: ModelRecord,
    formula: Derived,
    given: Mapping[str, Any],
    raw: Mapping[int, Floats],
    level_index: bool,
    tolerance: Mapping[str, float] | None,
) -> list[Floats]:
    found = []
    for term in formula.terms:
        name = _name(model, term)
        if not (term.index in raw if term.raw else name in given):
            parents = ", ".join(_name(model, t) for t in formula.terms)
            raise InputError(
                f"input {model.axes[formula.axis].name!r} is missing, and so is {name!r}; give it,"
                f" or all of what it is computed from: {parents}"
            )
        if term.raw:
            found.append(raw[term.index])
        else:
            axis = model.axes[term.index]
            x = encoded(axis, given[name], level_index)
            put, _ = bordered(model, (axis,), x.reshape(-1, 1), tolerance)
            found.append(put.reshape(x.shape))
    return found


def _name(model: ModelRecord, term: Term) -> str:
    readings = model.readings
    assert readings is not None
    return readings.raw[term.index].name if term.raw else model.axes[term.index].name


def _need_range(readings: Readings, raw: Mapping[int, Floats], found: Completed) -> None:
    """Marks rows where a raw reading is no number, or outside its range."""
    for i, v in raw.items():
        reading = readings.raw[i]
        v = np.broadcast_to(v, found.status.shape)
        excess = v - np.clip(v, reading.lower, reading.upper)
        fresh = found.status == 0
        lost = fresh & ~np.isfinite(v)
        beyond = fresh & ~lost & (excess != 0)
        found.status[lost], found.status[beyond] = Status.BAD_INPUT, Status.OUT_OF_DOMAIN
        found.raw[lost | beyond] = i
        found.excess[beyond] = excess[beyond]


def _derive(model: ModelRecord, f: Derived, parents: list[Floats], found: Completed) -> None:
    """Adds the derived input to the query, NaN where it has no value."""
    x = np.broadcast_to(f.value(parents), found.status.shape).copy()
    lost = (found.status == 0) & ~np.isfinite(x)
    if lost.any():
        found.status[lost] = Status.BAD_INPUT
        found.faults[f.axis] = _fault(f, parents, int(np.flatnonzero(lost)[0]), lost.shape)
    bad = found.status < 0
    found.axis[bad & (found.axis < 0)] = f.axis
    x[bad] = np.nan
    found.query[model.axes[f.axis].name] = x if x.shape else float(x)


def _fault(f: Derived, parents: list[Floats], row: int, shape: tuple[int, ...]) -> str:
    """What a formula runs into in one row."""
    if f.formula != "program":
        return "the result is no finite number"
    values = [float(np.broadcast_to(p, shape).flat[row]) for p in parents]
    pairs = zip(f.terms, values, strict=True)
    return fault(f.program, {("raw" if t.raw else "input", t.index): v for t, v in pairs})


def refuse(model: ModelRecord, found: Completed) -> NoReturn:
    """Raise InputError or DomainError for the first row without derived inputs."""
    readings = model.readings
    assert readings is not None
    row = int(np.flatnonzero(found.status < 0)[0])
    where = f"row {row}: " if found.status.size > 1 else ""
    i, d = int(found.raw.flat[row]), int(found.axis.flat[row])
    if i < 0:
        raise InputError(
            f"{where}input {model.axes[d].name!r} cannot be computed from its readings:"
            f" {found.faults.get(d, 'the result is no finite number')}; look at them"
        )
    reading = readings.raw[i]
    if found.status.flat[row] == Status.BAD_INPUT:
        raise InputError(f"{where}reading {reading.name!r} is no finite number; give one")
    excess = float(found.excess.flat[row])
    by = f"{abs(excess):g} {reading.unit}".rstrip()
    raise DomainError(
        f"{where}reading {reading.name!r} lies {by} outside [{reading.lower:g}, {reading.upper:g}]",
        row=row,
        axis=reading.name,
        excess=excess,
    )
