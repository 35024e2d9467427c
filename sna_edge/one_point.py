"""One question at a time: whatever form a point has, the shortest way to its value and to its whole
answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .core.evaluation import Evaluation
from .core.output import all_bounds
from .core.record import ModelRecord

Floats = NDArray[np.float64]
Point = Callable[[Floats, Floats], int]


class Beside(NamedTuple):
    """What a model has beside its values: `columns`, outputs (a bit each) whose ends are those of
    the calibration at the level `usual`; `familiar`, whether it says how familiar inputs are; and
    `answer(x, out, level, columns, familiar) -> status`, which fills out [3, K] with values and
    ends, None where the backend has no such function."""

    columns: int
    usual: float
    familiar: bool
    answer: Callable[[Floats, Floats, float, int, bool], int] | None


DOUBLE, SINGLE = np.dtype(np.float64), np.dtype(np.float32)
NUMBERS = frozenset(
    "fdbBhHiIlLqQ"
)  # kinds of arrays whose elements are plain numbers: float32, float64, integers
PLAIN = frozenset((float, int, np.float64))
# looked up once: a query takes about a microsecond
_array, _empty, _filled = np.ndarray, np.empty, Evaluation.filled
_NO_ENDS = (None, None)
_NOWHERE, _NO_EXCESS = np.array([-1]), np.zeros(1)
_STATUS = {s: np.array([s], np.int8) for s in range(128)}


class Single:
    """Answers of one point (D,), (1, D), of any number type, a list, or a mapping of numbers and
    levels; None sends the rest down the ordinary way, as it does every point without a value, which
    says what is wrong.

    `point(x, y)` fills y [K] and gives the status of a contiguous float64 x (D,); negative,
    TypeError or ValueError where it cannot.
    """

    def __init__(self, model: ModelRecord, point: Point, beside: Beside) -> None:
        self._point, self._outputs = point, model.outputs
        self._n_outputs, self._count = len(model.outputs), len(model.axes)
        self._shape = (self._count,)
        self._names = [a.name for a in model.axes]
        self._levels = [(d, a.levels) for d, a in enumerate(model.axes) if a.kind == "categorical"]
        self._plain = self._widths(model)
        self._beside, self._every = beside, (1 << self._n_outputs) - 1
        self._bare = not beside.columns and not beside.familiar

    def _widths(self, model: ModelRecord) -> tuple[Floats, Floats] | None:
        """[1, K] below and above: what the ends of every interval add to the value, where that is
        all there is to it."""
        if any(
            o.link != "identity" or (o.interval is not None and o.interval.space != "output")
            for o in model.outputs
        ):
            return None
        ends = [
            (np.nan, np.nan) if o.interval is None else (o.interval.below, o.interval.above)
            for o in model.outputs
        ]
        return np.array([[-below for below, _ in ends]]), np.array([[above for _, above in ends]])

    def value(self, query: object, level_index: bool = False) -> Floats | None:
        """y [K], or [1, K] for a query (1, D)."""
        x = self._coordinates(query, level_index)
        if x is None:
            return None
        y = _empty(self._n_outputs)
        try:
            if self._point(x, y) < 0:
                return None
        except (
            TypeError,
            ValueError,
        ):  # another shape, or not contiguous: the ordinary way converts it, or says what is wrong
            return None
        return y[None] if type(query) is _array and query.ndim == 2 else y

    def answer(
        self, query: object, level_index: bool = False, level: float | None = None
    ) -> Evaluation | None:
        """What `Model.evaluate` says of a point inside the domain."""
        x = self._coordinates(query, level_index)
        if x is None:
            return None
        try:
            if level is None and self._bare:
                row = _empty((1, self._n_outputs))
                return self._told(self._point(x, row[0]), row, *_NO_ENDS)
            return self._answered(x, level)
        except (TypeError, ValueError):
            return None

    def _answered(self, x: Floats, level: float | None) -> Evaluation | None:
        """With what stands beside the values."""
        columns, usual, familiar, answer = self._beside
        if level is not None:
            columns, usual = self._every, level
        if answer is None or type(usual) is not float or 0 < columns < self._every:
            return None
        out = _empty((3, self._n_outputs))
        status = answer(x, out, usual, columns, familiar)
        ends = (out[1:2], out[2:]) if columns else _NO_ENDS
        return self._told(status, out[:1], *ends)

    def _told(
        self, status: int, row: Floats, lower: Floats | None, upper: Floats | None
    ) -> Evaluation | None:
        """The record of a point with values row [1, K]; ends None: those of the outputs."""
        if status < 0:
            return None
        if lower is None and self._plain is not None:
            # two sums of one shape: numpy is slower where it has to broadcast
            lower, upper = row + self._plain[0], row + self._plain[1]
        elif lower is None:
            lower, upper = all_bounds(self._outputs, row)
        fields = {
            "value": row, "status": _STATUS[status].copy(), "lower": lower, "upper": upper,
            "axis": _NOWHERE.copy(),
            "excess": _NO_EXCESS.copy(),
        }  # fmt: skip
        return _filled(fields)

    def _coordinates(self, query: Any, level_index: bool) -> Floats | None:
        """Coordinates (D,) of a query that is one point of plain numbers (and levels in a
        mapping)."""
        if type(query) is _array:
            if query.ndim == 2 and len(query) == 1:
                query = query[0]
            dtype = query.dtype
            if level_index or not self._levels:
                if dtype is DOUBLE:
                    return query  # type: ignore[no-any-return]
                if dtype is SINGLE and query.shape == self._shape:
                    return query.astype(DOUBLE)  # type: ignore[no-any-return]
            return self._converted(query, level_index)
        if isinstance(query, Mapping):
            return self._named(query, level_index)
        if type(query) in (list, tuple) and len(query) == self._count:
            return self._listed(list(query), level_index)
        return None

    def _converted(self, query: NDArray[Any], level_index: bool) -> Floats | None:
        if query.dtype.char not in NUMBERS or query.shape != self._shape:
            return None
        x = query.astype(DOUBLE)
        if not level_index:
            for d, levels in self._levels:
                x[d] = levels.remembered(query[d])
        return x

    def _named(self, query: Mapping[str, object], level_index: bool) -> Floats | None:
        try:
            values = [query[name] for name in self._names]
        except (KeyError, TypeError):
            return None
        return self._listed(values, level_index) if len(query) == self._count else None

    def _listed(self, values: list[Any], level_index: bool) -> Floats | None:
        if not level_index:
            for d, levels in self._levels:
                if np.ndim(values[d]):
                    return None
                values[d] = levels.remembered(values[d])
        try:
            return np.array(values, DOUBLE) if PLAIN.issuperset(map(type, values)) else None
        except OverflowError:  # an integer beyond every float
            return None
