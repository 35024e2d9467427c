"""The model with its verbs: a record, a backend that evaluates it, and the closed operations;
read-only and safe to share between threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from os import PathLike
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import backends
from .algebra import Algebra
from .by_point import by_point
from .core.beside import Calibration
from .core.domain import Check, DomainBox
from .core.evaluation import Evaluation
from .core.evaluator import Evaluator
from .core.inputs import Query
from .core.interaction import CP, TT
from .core.output import all_bounds
from .core.tolerance import checked, to_border
from .errors import InputError
from .one_point import DOUBLE, Beside, Single
from .shown import Shown
from .status import Status
from .worth import Worth

Floats = NDArray[np.float64]
_array = np.ndarray  # looked up once: a query takes less than a microsecond


class Model(Algebra, Worth, Shown):
    """y_k = g_k(bias_k + sum_r W[r,k] prod_{d in S_r} phi_{d,r}(x_d)) * scale_k + offset_k.

    Shapes: inputs (D,) -> (K,), (N, D) -> (N, K); a mapping name -> number or array works as well.
    A level is given as it was written in the table, in arrays too (`Axis.coordinate`);
    `level_index=True` gives levels as 0, 1, .. in the axis's order. Tables are float64 decoded
    values; `dtypes` names how each axis's table is stored in the artifact. `backend` evaluates:
    "auto", "numpy", "native", "torch", "cuda" or "tflite". Raises InputError where the parts do not
    fit.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> area
    Model(x, y -> area; CP, 1 modes, 6 parameters)
    >>> area(x=0.5, y=2)
    array([1.])
    """

    _backend: Evaluator | None = None
    _single: Callable[[object], Floats | None] | None = None
    _bare: Callable[[object], Floats | None] | None = None
    """`_single` where all inputs are numbers."""
    _quick: Single | None = None
    _whole: Single | None = None
    """`_quick` where a whole answer needs no tolerance of the readings."""
    _categorical = False

    @property
    def backend(self) -> Evaluator:
        """The evaluator in use, made at the first query."""
        if self._backend is None:
            self._serve(backends.create(self.backend_name, self))
        return cast(Evaluator, self._backend)

    def _serve(self, evaluator: Evaluator) -> None:
        point = getattr(evaluator, "point", None)
        self._categorical = any(a.kind == "categorical" for a in self.axes)
        self._backend = evaluator
        if self.gaps is not None:
            return  # no short way: queries are completed first
        self._single = getattr(evaluator, "single", None)
        self._quick = None if point is None else Single(self, point, self._beside(evaluator))
        self._whole = self._quick if self.readings is None else None
        if evaluator.name == "numpy" and self.readings is None and self.calibration is not None:
            self._whole = self._single_row(self.calibration, evaluator)
        self._bare = None if point is None or self._categorical else self._single

    def _single_row(self, found: Calibration, evaluator: Any) -> Single | None:
        from .uncertainty.one_row import OneRow

        if any(c.model.backend.name != "numpy" for c in self.companions):
            return None
        row = OneRow(self, found, evaluator)
        return Single(self, row.point, self._beside(row))

    def _beside(self, evaluator: object) -> Beside:
        columns, usual = 0, 0.0
        if self._local:
            from .uncertainty import interval

            columns, usual = sum(1 << k for k in interval.left_open(self)), interval.USUAL
        answer = getattr(evaluator, "answer", None)
        return Beside(columns, usual, self._tells_familiarity, answer)

    def __getstate__(self) -> dict[str, Any]:
        """All but the evaluator, which is no data: a copy makes its own at its first query."""
        made = ("_backend", "_single", "_bare", "_quick", "_whole", "_atoms")
        return {name: value for name, value in self.__dict__.items() if name not in made}

    def with_backend(self, name: str) -> Model:
        """The same model served by backend `name` ("auto", "numpy", "native", ..)."""
        beside = self.companions
        if name == "native":
            beside = tuple(replace(c, model=c.model.with_backend(name)) for c in beside)
        return self.replace(
            backend=name,
            companions=beside,
            artifact=self.artifact,
            path=self.path,
            parent=self.parent,
            signature=self.signature,
        )

    def served_by(self, evaluator: Evaluator) -> Model:
        """The same model evaluated by `evaluator`, which must compute what the model says."""
        twin = self.with_backend(self.backend_name)
        twin._serve(evaluator)
        return twin

    # Queries

    def __call__(self, query: Query | None = None, /, **named: Any) -> Floats:
        """`model(x)`, `model({"power": 180.0, ..})` or `model(power=180.0, ..)`: the same as
        `value`, with its keywords.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area([0.5, 2]), area({"x": 0.5, "y": 2}), area(x=[0.5, 1], y=2)
        (array([1.]), array([1.]), array([[1.],
               [2.]]))
        """
        if not named:
            return self.value({} if query is None else query)
        options = {
            name: named.pop(name)
            for name in ("extrapolate", "level_index")
            if name in named and name not in self.input_names
        }
        if query is not None and named:
            raise InputError(
                f"{next(iter(named))!r} is given both in the query and as a keyword; give all"
                " inputs in one of the two"
            )
        return self.value(named if query is None else query, **options)

    def value(self, query: Query, extrapolate: bool = False, level_index: bool = False) -> Floats:
        """y (K,) or (N, K). Raises InputError or DomainError for the first row without a value.

        `extrapolate`: outside the domain the model continues linearly; `evaluate` says which rows.
        `level_index`: levels as 0, 1, .. A part is asked by node, probe or point {"x": .., "y": ..}

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.value({"x": 3, "y": 2}, extrapolate=True)
        array([6.])
        """  # flags that need not be named: a call is 5 % quicker
        if (
            self._bare is not None
            and type(query) is _array
            and query.dtype is DOUBLE
            and query.ndim == 1
        ):
            if (answer := self._bare(query)) is not None:
                return answer
        elif self._quick is not None:
            if (answer := self._quick.value(query, level_index)) is not None:
                return answer
        elif (
            self._single is not None
            and (level_index or not self._categorical)
            and (answer := self._single(query)) is not None
        ):
            return answer
        if self._meshed and (asked := by_point(self, query)) is not None:
            return asked.value(extrapolate, level_index)
        x, single = self._placed(query, level_index)
        if single and self._single is not None and (answer := self._single(x[0])) is not None:
            return answer
        y = self.backend.value(self._domain.admitted(x, extrapolate))
        return y[0] if single else y

    def gradient(
        self, query: Query, *, extrapolate: bool = False, level_index: bool = False
    ) -> Floats:
        """dy_k/dx_d, (K, D) or (N, K, D), in output units per axis unit; NaN along categorical
        axes.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.gradient({"x": 1, "y": 2})
        array([[2., 1.]])
        """
        return self.value_and_gradient(query, extrapolate=extrapolate, level_index=level_index)[1]

    def value_and_gradient(
        self, query: Query, *, extrapolate: bool = False, level_index: bool = False
    ) -> tuple[Floats, Floats]:
        """Value and gradient in one pass; shapes as `value` and `gradient`."""
        if self._meshed and (asked := by_point(self, query)) is not None:
            return asked.value_and_gradient(extrapolate=extrapolate, level_index=level_index)
        x, single = self._placed(query, level_index)
        y, g = self.backend.value_and_gradient(self._domain.admitted(x, extrapolate))
        g[:, :, self._domain.levels] = np.nan
        return (y[0], g[0]) if single else (y, g)

    @cached_property
    def _domain(self) -> DomainBox:
        return DomainBox(self.axes)

    def evaluate(
        self,
        query: Query,
        *,
        extrapolate: bool = False,
        tolerance: Mapping[str, float] | None = None,
        level_index: bool = False,
        level: float | None = None,
    ) -> Evaluation:
        """Value, status and interval per row; never raises for a bad row. Status `unfamiliar` where
        the model says so (`familiarity`). Raises InputError for bad names or shapes.

        `level`: that of the interval, as `interval_at` has it; by default the interval of the file,
        and 90 % for outputs that have theirs in the calibration alone. `tolerance` {input: axis
        units}: a reading no further than that outside the domain is evaluated at its border
        (`moved`); by default what the file says of its sensors.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> found = area.evaluate({"x": [1, 1], "y": [2, 5]})
        >>> found.value.tolist(), found.status.tolist()
        ([[2.0], [nan]], [0, -1])
        """
        if self._meshed and (asked := by_point(self, query)) is not None:
            return asked.evaluate(extrapolate, tolerance, level_index, level)
        gone = None
        if self.gaps is not None:
            query, level_index, gone = self._without_gaps(query, level_index)
        if (
            self._whole is not None
            and not tolerance
            and (answer := self._whole.answer(query, level_index, level)) is not None
        ):
            return answer
        found, moved = self._checked(query, extrapolate, tolerance, level_index)
        value = self._values(found)
        if self._tells_familiarity:
            from .uncertainty.familiarity import marked

            found = marked(self, found, value)
        if level is not None or self._local:
            from .uncertainty import interval

            if level is not None:
                return replace(interval.answer(self, found, value, moved, level), absent=gone)
            lower, upper = interval.usual(self, found, value)
        else:
            lower, upper = all_bounds(self.outputs, value)
        if extrapolate:  # residuals inside the domain say nothing of what lies beyond it
            beyond = found.status == Status.EXTRAPOLATED
            lower[beyond] = upper[beyond] = np.nan
        return Evaluation(value, found.status, lower, upper, found.axis, found.excess, moved, gone)

    @property
    def _tells_familiarity(self) -> bool:
        told = self.calibration
        return told is not None and bool(told.n_scores or told.pairs)

    @property
    def _local(self) -> bool:
        """Whether an output has its interval in the calibration alone."""
        told = self.calibration is not None and self.calibration.n_residuals > 0
        return told and any(o.interval is None for o in self.outputs)

    def _placed(self, query: Query, level_index: bool) -> tuple[Floats, bool]:
        """Coordinates [N, D], derived inputs computed, and whether the query was one point."""
        if self.readings is not None:
            from .uncertainty.readings import asked

            query = asked(self, query, level_index)
        return self._coordinates(query, level_index)

    def _admitted(self, query: Query, level_index: bool) -> tuple[Floats, bool]:
        x, single = self._placed(query, level_index)
        return self._domain.admitted(x), single

    def _checked(
        self,
        query: Query,
        extrapolate: bool = False,
        tolerance: Mapping[str, float] | None = None,
        level_index: bool = False,
    ) -> tuple[Check, NDArray[np.bool_] | None]:
        """Status and coordinates of every row, and which readings their tolerance moved [N, D]."""
        if self.readings is not None:
            from .uncertainty.readings import checked as checked_readings

            return checked_readings(self, self._domain, query, extrapolate, tolerance, level_index)
        x, _ = self._coordinates(query, level_index)
        moved = None
        if tolerance:
            x, moved = to_border(self.axes, x, checked(self.axes, tolerance))
        return self._domain.check(x, extrapolate), moved

    def _values(self, found: Check) -> Floats:
        """y [N, K] of the rows that have one, NaN in the others."""
        good = found.status >= 0
        value = np.full((len(good), len(self.outputs)), np.nan)
        if good.any():
            every = slice(None) if good.all() else good
            value[every] = self.backend.value(found.x[every])
        return value

    # What stands beside the values

    def interval_at(self, query: Query, level: float, *, level_index: bool = False) -> Evaluation:
        """`evaluate` with the interval at `level`, which need not be the one of the file: from the
        quantiles of residuals, times the scale of the output where it has one. Status
        `not_converged` where that scale is not finite.

        Raises InputError where the model has no quantiles of residuals, and for a level that their
        rows do not support.
        """
        return self.evaluate(query, level_index=level_index, level=level)

    def companion_value(self, index: int, query: Query, *, level_index: bool = False) -> Floats:
        """What `companions[index]` gives at these inputs, each of its coordinates kept on its axis:
        (its outputs,) or (N, its outputs). Raises InputError or DomainError for the first row
        without a value.
        """
        from .uncertainty.companions import answer

        x, single = self._admitted(query, level_index)
        found = answer(self, index, x, self.backend.value(x))
        return found[0] if single else found

    def _answered(
        self, query: Query, level_index: bool
    ) -> tuple[Check, Floats, NDArray[np.bool_] | None]:
        found, moved = self._checked(query, level_index=level_index)
        return found, self._values(found), moved

    def grid(
        self, points: Mapping[str, ArrayLike], at: Mapping[str, object] | None = None
    ) -> Floats:
        """Values on the tensor grid of `points` (in the order given) with the other inputs fixed by
        `at`; shape (*lengths, K).

        The fixed axes are contracted first: the cost is that of matrix products, not of points.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.grid({"x": [0, 1, 2]}, at={"y": 2}).tolist()
        [[0.0], [2.0], [4.0]]
        """
        from .calculus.tensor_grid import grid

        return grid(self, points, at or {})

    # Files

    def to_bytes(self) -> bytes:
        """The artifact (FORMAT.md), the same bytes for the same model."""
        from .artifact.writer import write

        return write(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the artifact to `path`, all of it or nothing. Raises InputError for a number or a
        count that the format does not hold.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> import os, sna_edge, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     area.save(os.path.join(folder, "area.sna"))
        ...     sna_edge.load(os.path.join(folder, "area.sna"))(x=0.5, y=2)
        array([1.])
        """
        from .artifact.disk import write_whole

        write_whole(path, self.to_bytes())

    def status_name(self, status: int) -> str:
        """The word for a status number: 'out_of_domain' for -1."""
        return Status(status).label


__all__ = ["CP", "TT", "Evaluation", "Model"]
