"""One question at a time: whatever form a point has, the shortest way to its value and to its whole
answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core.evaluation import Evaluation
from .core.output import all_bounds
from .core.record import ModelRecord

Floats = NDArray[np.float64]
Point = Callable[[Floats, Floats], int]

DOUBLE, SINGLE = np.dtype(np.float64), np.dtype(np.float32)
NUMBERS = frozenset(
    "fdbBhHiIlLqQ"
)  # kinds of arrays whose elements are plain numbers: float32, float64, integers
PLAIN = frozenset((float, int, np.float64))
# looked up once: a query takes about a microsecond
_array, _empty, _filled = np.ndarray, np.empty, Evaluation.filled
_NOWHERE, _NO_EXCESS = np.array([-1]), np.zeros(1)
_STATUS = {s: np.array([s], np.int8) for s in range(128)}


class Single:
    """Answers of one point (D,), (1, D), of any number type, a list, or a mapping of numbers and
    levels; None sends the rest down the ordinary way, as it does every point without a value, which
    says what is wrong.

    `point(x, y)` fills y [K] and gives the status of a contiguous float64 x (D,); negative,
    TypeError or ValueError where it cannot.
    """

    def __init__(self, model: ModelRecord, point: Point) -> None:
        self._point, self._outputs = point, model.outputs
        self._n_outputs, self._count = len(model.outputs), len(model.axes)
        self._shape = (self._count,)
        self._names = [a.name for a in model.axes]
        self._levels = [(d, a.levels) for d, a in enumerate(model.axes) if a.kind == "categorical"]
        self._plain = self._widths(model)

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

    def answer(self, query: object, level_index: bool = False) -> Evaluation | None:
        """What `Model.evaluate` says of a point inside the domain."""
        x = self._coordinates(query, level_index)
        if x is None:
            return None
        y = _empty(self._n_outputs)
        try:
            status = self._point(x, y)
        except (TypeError, ValueError):
            return None
        if status < 0:
            return None
        row = y[None]
        if self._plain is None:
            lower, upper = all_bounds(self._outputs, row)
        else:  # two sums of one shape: numpy is slower where it has to broadcast
            lower, upper = row + self._plain[0], row + self._plain[1]
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
