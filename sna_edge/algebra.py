"""Verbs of a model that give another model, exactly: each is a function of `calculus`, imported at
its first call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .core.record import ModelRecord

if TYPE_CHECKING:
    from .calculus.distribution import Distribution
    from .calculus.moments import Sobol

Floats = NDArray[np.float64]
Self = TypeVar("Self", bound="Algebra")


class Algebra(ModelRecord):
    """Slices, derivatives, integrals, sums and moments of a model."""

    def at(self, fixed: Mapping[str, object] | None = None, /, **named: object) -> Any:
        """f(.., x_d = value, ..): a model of the other inputs, or the values [K] when none is left.

        Holds behind any link. Raises DomainError for a value outside its domain.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.at(x=0.5)
        Model(y -> area; CP, 1 modes, 4 parameters)
        >>> area.at(x=0.5)(y=2)
        array([1.])
        """
        from .calculus.operations import at

        return at(self, {**(fixed or {}), **named})

    def at_probes(self: Self, places: Mapping[str, object] | None = None) -> Self:
        """A part at its probes, or at `places` {name: node or point}: levels in place of nodes, for
        microcontrollers and all that has no meshes. A model without a part is given back.

        Raises InputError where no probe names a place, DomainError for a point outside the part.

        >>> import numpy as np
        >>> from sna_edge import CP, Axis, Model, Output
        >>> from sna_edge.basis import levels
        >>> from sna_edge.core.mesh import Mesh
        >>> corners = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
        >>> mesh = Mesh(corners, np.array([[0, 1, 2]]), ("x", "y"), {"tip": 1})
        >>> part = Axis("part", "", levels(3), mesh=mesh)
        >>> rise = Model([part], CP.full([[[0], [4], [6]]]), [Output("rise", "K")])
        >>> rise.at_probes()(part="tip"), rise.at_probes({"hot": (1.0, 1.0)})(part="hot")
        (array([4.]), array([5.]))
        """
        from .at_probes import at_probes

        return at_probes(self, places)

    def linear(self: Self) -> Self:
        """The linear part f_k as a model with identity links; scale and offset are folded in where
        the link is identity.

        Other outputs are no longer y and are named so: 'y before exp', 'y before logistic'.
        """
        from .calculus.operations import linear

        return linear(self)

    def derivative(self: Self, name: str) -> Self:
        """df/dx_name as a model. Raises NotClosed on other links and on categorical axes.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.derivative("x")(x=1, y=2)
        array([2.])
        """
        from .calculus.operations import derivative

        return derivative(self, name)

    def integrate(self, name: str, a: float | None = None, b: float | None = None) -> Any:
        """int_a^b f dx_name (the whole axis by default; levels are summed): a model, or numbers [K]
        when no input is left. Raises NotClosed on other links, DomainError for ends outside.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.integrate("x", 0, 1).integrate("y")
        array([1.])
        """
        from .calculus.operations import integrate

        return integrate(self, name, a, b)

    def __add__(self: Self, other: Self) -> Self:
        """a + b on equal inputs and domains. Raises InputError where these differ, NotClosed on
        other links.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> (area + 2 * area - area)(x=1, y=2)
        array([4.])
        """
        from .calculus.sums import add

        return add(self, other)

    def __mul__(self: Self, factor: float) -> Self:
        """factor f. Raises NotClosed on other links than identity."""
        from .calculus.operations import scale

        return scale(self, float(factor))

    __rmul__ = __mul__

    def __neg__(self: Self) -> Self:
        return self * -1.0

    def __sub__(self: Self, other: Self) -> Self:
        return self + (-other)

    def mean(self, over: Mapping[str, Distribution] | None = None) -> Any:
        """E[f] over the inputs named in `over` (all, uniform, by default), which are independent:
        numbers [K] or a model of the others. Raises NotClosed on other links.

        >>> from sna_edge import CP, Model, Output, Uniform, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.mean()
        array([1.])
        >>> area.mean({"x": Uniform(0, 1)})(y=2)
        array([1.])
        """
        from .calculus.moments import mean

        return mean(self, over)

    def variance(self, over: Mapping[str, Distribution] | None = None) -> Floats:
        """Var[f] [K] over all inputs, independent; uniform where `over` names no distribution.
        Raises NotClosed on other links.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> bool(abs(area.variance()[0] - (16 / 9 - 1)) < 1e-12)
        True
        """
        from .calculus.moments import variance

        return variance(self, over)

    def sobol(
        self, over: Mapping[str, Distribution] | None = None, *, sampled: bool = False
    ) -> Sobol:
        """First-order and total Sobol indices of every input and output; inputs are assumed
        independent.

        Exact; an output behind a link has none that are, and raises NotClosed unless `sampled`,
        with their `error`, will do.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> area.sobol().first.round(3).tolist(), area.sobol().total.round(3).tolist()
        ([[0.429], [0.429]], [[0.571], [0.571]])
        """
        from .calculus.moments import sobol

        return sobol(self, over, sampled)
