"""The model with its verbs: a record, a backend that evaluates it, and the closed operations.

Read-only and safe to share between threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import backends
from .core.domain import Domain
from .core.evaluation import Evaluation
from .core.evaluator import Evaluator
from .core.inputs import Query, axis_index, coordinates
from .core.interaction import CP, TT
from .core.record import ModelRecord
from .core.tolerance import checked, to_border
from .errors import InputError
from .one_point import DOUBLE, Single
from .status import Status

if TYPE_CHECKING:
    from .calculus.distribution import Distribution
    from .calculus.moments import Sobol

Floats = NDArray[np.float64]
_array = np.ndarray  # looked up once: a query takes less than a microsecond


class Model(ModelRecord):
    """y_k = g_k(bias_k + sum_r W[r,k] prod_{d in S_r} phi_{d,r}(x_d)) * scale_k + offset_k.

    Shapes: inputs (D,) -> (K,), (N, D) -> (N, K); a mapping name -> number or array works as well.
    A level is given as it was written in the table, in arrays too (`Axis.coordinate`);
    `level_index=True` gives levels as 0, 1, .. in the axis's order. Tables are float64 decoded
    values; `dtypes` names how each axis's table is stored in the artifact.
    """

    _backend: Evaluator | None = None
    _single: Callable[[object], Floats | None] | None = None
    _bare: Callable[[object], Floats | None] | None = None
    """`_single` where all inputs are numbers."""
    _quick: Single | None = None

    @property
    def backend(self) -> Evaluator:
        """The evaluator in use, made at the first query."""
        if self._backend is None:
            self._serve(backends.create(self.backend_name, self))
        return cast(Evaluator, self._backend)

    def _serve(self, evaluator: Evaluator) -> None:
        point = getattr(evaluator, "point", None)
        self._single = getattr(evaluator, "single", None)
        self._quick = None if point is None else Single(self, point)
        self._bare = None if point is None or self._categorical else self._single
        self._backend = evaluator

    def with_backend(self, name: str) -> Model:
        """The same model served by backend `name` ("auto", "numpy", "native", ..)."""
        return self.replace(
            backend=name, artifact=self.artifact, path=self.path, parent=self.parent
        )

    def served_by(self, evaluator: Evaluator) -> Model:
        """The same model evaluated by `evaluator`, which must compute what the model says."""
        twin = self.with_backend(self.backend_name)
        twin._serve(evaluator)
        return twin

    # Queries

    def __call__(self, query: Query | None = None, /, **named: Any) -> Floats:
        """`model(x)`, `model({"power": 180.0, ..})` or `model(power=180.0, ..)`: the same as
        `value`, with its keywords."""
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

        `extrapolate`: outside the domain the model continues linearly, without a word; `evaluate` says which rows those are.
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
        x, single = coordinates(self.axes, query, level_index)
        if single and self._single is not None and (answer := self._single(x[0])) is not None:
            return answer
        y = self.backend.value(self._domain.admitted(x, extrapolate))
        return y[0] if single else y

    def gradient(
        self, query: Query, *, extrapolate: bool = False, level_index: bool = False
    ) -> Floats:
        """dy_k/dx_d, (K, D) or (N, K, D), in output units per axis unit; NaN along categorical
        axes."""
        return self.value_and_gradient(query, extrapolate=extrapolate, level_index=level_index)[1]

    def value_and_gradient(
        self, query: Query, *, extrapolate: bool = False, level_index: bool = False
    ) -> tuple[Floats, Floats]:
        """Value and gradient in one pass; shapes as `value` and `gradient`."""
        x, single = coordinates(self.axes, query, level_index)
        y, g = self.backend.value_and_gradient(self._domain.admitted(x, extrapolate))
        g[:, :, self._domain.levels] = np.nan
        return (y[0], g[0]) if single else (y, g)

    @cached_property
    def _domain(self) -> Domain:
        return Domain(self.axes)

    @cached_property
    def _categorical(self) -> bool:
        return any(a.kind == "categorical" for a in self.axes)

    def evaluate(
        self,
        query: Query,
        *,
        extrapolate: bool = False,
        tolerance: Mapping[str, float] | None = None,
        level_index: bool = False,
    ) -> Evaluation:
        """Value, status and interval per row; never raises for a bad row. Raises InputError for bad
        names or shapes.

        `tolerance` {input: axis units}: a reading no further than that outside the domain is
        evaluated at its border (`moved`).
        """
        if (
            self._quick is not None
            and not tolerance
            and (answer := self._quick.answer(query, level_index)) is not None
        ):
            return answer
        x, _ = coordinates(self.axes, query, level_index)
        moved = None
        if tolerance:
            x, moved = to_border(self.axes, x, checked(self.axes, tolerance))
        found = self._domain.check(x, extrapolate)
        good = found.status >= 0
        value = np.full((len(x), len(self.outputs)), np.nan)
        if good.any():
            every = slice(None) if good.all() else good
            value[every] = self.backend.value(found.x[every])
        lower, upper = np.empty_like(value), np.empty_like(value)
        for k, output in enumerate(self.outputs):
            lower[:, k], upper[:, k] = output.bounds(value[:, k])
        if extrapolate:  # residuals inside the domain say nothing of what lies beyond it
            lower[found.status == Status.EXTRAPOLATED] = upper[
                found.status == Status.EXTRAPOLATED
            ] = np.nan
        return Evaluation(value, found.status, lower, upper, found.axis, found.excess, moved)

    def grid(
        self, points: Mapping[str, ArrayLike], at: Mapping[str, object] | None = None
    ) -> Floats:
        """Values on the tensor grid of `points` (in the order given) with the other inputs fixed by
        `at`; shape (*lengths, K).

        The fixed axes are contracted first: the cost is that of matrix products, not of points.
        """
        from .calculus.tensor_grid import grid

        return grid(self, points, at or {})

    # Algebra: closed operations, implemented in calculus

    def at(self, fixed: Mapping[str, object] | None = None, /, **named: object) -> Any:
        """f(.., x_d = value, ..): a Model of the other inputs, or the values [K] when none is
        left."""
        from .calculus.operations import at

        return at(self, {**(fixed or {}), **named})

    def linear(self) -> Model:
        """The linear part f_k as a model with identity links; scale and offset are folded in where
        the link is identity.

        Other outputs are no longer y and are named so: 'y before exp', 'y before logistic'.
        """
        from .calculus.operations import linear

        return linear(self)

    def derivative(self, name: str) -> Model:
        """df/dx_name as a model. Raises NotClosed on other links and on categorical axes."""
        from .calculus.operations import derivative

        return derivative(self, name)

    def integrate(self, name: str, a: float | None = None, b: float | None = None) -> Any:
        """int_a^b f dx_name (the whole axis by default): a Model, or numbers [K] when no input is
        left."""
        from .calculus.operations import integrate

        return integrate(self, name, a, b)

    def __add__(self, other: Model) -> Model:
        from .calculus.sums import add

        return add(self, other)

    def __mul__(self, factor: float) -> Model:
        from .calculus.operations import scale

        return scale(self, float(factor))

    __rmul__ = __mul__

    def __neg__(self) -> Model:
        return self * -1.0

    def __sub__(self, other: Model) -> Model:
        return self + (-other)

    def mean(self, over: Mapping[str, Distribution] | None = None) -> Any:
        """E[f] over the inputs named in `over` (all, uniform, by default): numbers [K] or a Model
        of the others."""
        from .calculus.moments import mean

        return mean(self, over)

    def variance(self, over: Mapping[str, Distribution] | None = None) -> Floats:
        """Var[f] [K] over all inputs, independent; uniform where `over` names no distribution."""
        from .calculus.moments import variance

        return variance(self, over)

    def sobol(
        self, over: Mapping[str, Distribution] | None = None, *, sampled: bool = False
    ) -> Sobol:
        """First-order and total Sobol indices of every input and output; inputs are assumed
        independent.

        Exact; an output behind a link has none that are, and raises NotClosed unless `sampled`,
        with their `error`, will do.
        """
        from .calculus.moments import sobol

        return sobol(self, over, sampled)

    # Files

    def to_bytes(self) -> bytes:
        """The artifact (FORMAT.md), the same bytes for the same model."""
        from .artifact.writer import write

        return write(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the artifact to `path`, all of it or nothing."""
        from .artifact.disk import write_whole

        write_whole(path, self.to_bytes())

    def axis_index(self, name: str) -> int:
        return axis_index(self.axes, name)

    def status_name(self, status: int) -> str:
        return Status(status).label


__all__ = ["CP", "TT", "Evaluation", "Model"]
