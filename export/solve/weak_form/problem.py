"""A problem: find u with a(u, v) = l(v) for all v, stated by axes, forms and a lift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from .axes import ProblemAxis
from .errors import ProblemError
from .forms import NOTHING, Expression
from .iterate import Iterate

STABILISED = ("", "supg")


@dataclass(frozen=True, eq=False)
class Problem:
    """a(u, v) = l(v), u = lift + w with w zero where the axes say so.

    `operator` holds the unknown and the test function in every product, `load` the test function
    alone, `lift` neither; the first two may hold functions of the unknown (`function_of`), which
    make the problem non-linear. `newton(current)` adds the terms that linearise one by hand around
    the current iterate: (operator terms, load terms). `quantities` are named functions of the
    solved model. `reference(points [N, D]) -> [N]`, if known, is an independent solution.
    `computed` {axis: formula} says how the model computes an axis from others and from `readings`
    {name: (lower, upper, unit)}, which stand in its place at a query: a coordinate that moves with
    a parameter. `defaults` are settings of `solve` that fit this problem. `stabilise="supg"` is for
    advection on meshes that do not resolve it: test functions lean into the stream
    (`weak_form.upwind`). `bounds` (least, most; None for an end that is open): the delivered model
    is kept within them (`trust.bounds`). `mass` m makes it an eigenvalue problem, a(u, v) = lambda
    m(u, v), without a load (`eigen`). Raises ProblemError for a term that names an axis the
    problem lacks, or that lacks or repeats a field.

    A bar, -k u'' = 1 with u = 0 at both ends, for all k at once:

    >>> from sna_export.solve import Problem, d, parameter, space, test_function, unknown
    >>> x, k = space("x", zero="both"), parameter("k", 1.0, 2.0)
    >>> u, v = unknown(), test_function()
    >>> bar = Problem("bar", (x, k), k * d(u, x) * d(v, x), 1.0 * v)
    >>> bar.names
    ['x', 'k']
    """

    name: str
    axes: tuple[ProblemAxis, ...]
    operator: Expression
    load: Expression = NOTHING
    lift: Expression | None = None
    newton: Callable[[Iterate], tuple[Expression, Expression]] | None = None
    output: str = "u"
    unit: str = ""
    title: str = ""
    quantities: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    reference: Callable[[Any], Any] | None = None
    computed: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, tuple[float, float, str]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    stabilise: str = ""
    bounds: tuple[float | None, float | None] | None = None
    mass: Expression | None = None

    def __post_init__(self) -> None:
        names = [a.name for a in self.axes]
        if len(set(names)) != len(names) or not names:
            raise ProblemError(
                f"problem {self.name!r} needs unique axis names, got {', '.join(names) or 'none'}"
            )
        forms = ("operator", "load", "lift", "mass")
        for what in forms:
            self._need_expression(what, getattr(self, what))
        for what, form, trial, test in (
            ("operator", self.operator, True, True),
            ("load", self.load, False, True),
        ):
            self._check(what, form, trial, test)
        if self.lift is not None:
            self._check("lift", self.lift, False, False)
        if self.mass is not None:
            self._check("mass", self.mass, True, True)
        self._check_stabilise()
        self._check_bounds()
        self._check_part()

    def _check_part(self) -> None:
        """What the matrices of a part do not take yet."""
        parts = [a.name for a in self.axes if a.role == "mesh"]
        products = self.operator.products + self.load.products
        if parts and any(p.function is not None for p in products):
            raise ProblemError(
                f"problem {self.name!r} has a function of the unknown, which the part {parts[0]!r}"
                " does not take yet; where it is k(T) of steady conduction, solve for the integral"
                " of k over T, which is linear (docs/parts.md), else take its value at a mean of"
                " the unknown"
            )
        if parts and any(p.fields for p in self.operator.products):
            raise ProblemError(
                f"a model is a coefficient (field_of) in the operator of {self.name!r}, which the"
                f" part {parts[0]!r} does not take yet; loads alone may have one"
            )

    def _check_bounds(self) -> None:
        if self.bounds is None:
            return
        ends = self.bounds if isinstance(self.bounds, (tuple, list)) else ()
        known = [e for e in ends if e is not None]
        numbers = all(isinstance(e, Real) and abs(float(e)) < float("inf") for e in known)
        if len(ends) != 2 or not known or not numbers or known != sorted(set(known)):
            raise ProblemError(
                f"bounds of problem {self.name!r} are {self.bounds!r}; give the least and the most"
                " value, None for an end that is open, as (0.0, None)"
            )

    def _check_stabilise(self) -> None:
        if self.stabilise not in STABILISED:
            raise ProblemError(
                f"stabilise of problem {self.name!r} is {self.stabilise!r}; use 'supg', or leave it"
                " out"
            )
        if self.stabilise and self.nonlinear:
            raise ProblemError(
                f"problem {self.name!r} is not linear, which stabilise='supg' does not take; leave"
                " it out, or refine the axes along the stream"
            )

    def _need_expression(self, what: str, form: object) -> None:
        if isinstance(form, Expression) or (what in ("lift", "mass") and form is None):
            return
        kind = f"the axis {form.name}" if isinstance(form, ProblemAxis) else f"{form!r}"
        remedy = {
            "operator": "write it with the unknown u and the test function v, as d(u, x) * d(v, x)",
            "load": "multiply it by the test function, as 1.0 * v",
            "lift": "write it as an expression, with x.function(f) or expression(number)",
            "mass": "write it with both fields, as density * u * v",
        }
        raise ProblemError(f"the {what} of {self.name!r} is {kind}, no form; {remedy[what]}")

    def _check(self, what: str, form: Expression, trial: bool, test: bool) -> None:
        stray = sorted(a.name for a in form.axes if a not in self.axes)
        if stray:
            raise ProblemError(
                f"the {what} of {self.name!r} uses axis {', '.join(stray)}, which the problem does"
                " not have; add it"
            )
        for product in form.products:
            trial_here = product.has_trial or (product.function is not None and what == "operator")
            if (trial_here, product.has_test) != (trial, test) or (
                what == "lift" and (product.function or product.fields)
            ):
                need = {
                    (True, True): "the unknown and the test function",
                    (False, True): "the test function only",
                }
                raise ProblemError(
                    f"every term of the {what} of {self.name!r} must hold"
                    f" {need.get((trial, test), 'neither field')}"
                )

    @property
    def driven(self) -> bool:
        """Whether it has a load or a lift that is not written as 0."""
        lift = () if self.lift is None else self.lift.products
        return self.newton is not None or any(p.scale for p in (*self.load.products, *lift))

    @property
    def nonlinear(self) -> bool:
        """Whether it is solved by Newton steps."""
        products = self.operator.products + self.load.products
        return self.newton is not None or any(p.function is not None for p in products)

    def axis(self, name: str) -> ProblemAxis:
        """The axis of that name. Raises ProblemError where there is none."""
        for axis in self.axes:
            if axis.name == name:
                return axis
        raise ProblemError(
            f"problem {self.name!r} has no axis {name!r}; it has"
            f" {', '.join(a.name for a in self.axes)}"
        )

    @property
    def names(self) -> Sequence[str]:
        """Names of the axes, in order."""
        return [a.name for a in self.axes]
