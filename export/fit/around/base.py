"""Known physics as a base: the rows say what differs from it, and the sum is one model.

    y = g(f_base(x) + f_difference(x)),   g the link of the base

The sum of two separable models is one: their modes stand side by side on common breaks, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.interaction import CP
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.values.units import conversion

from ...calibrate import calibrated
from ...calibrate.familiarity import LEAST_ROWS, with_familiarity
from ...table.units import unit_for
from ..pipeline.beside import LEAST_RESIDUALS
from ..pipeline.conformal import with_intervals
from ..pipeline.result import FitResult
from ..plant.several import common, on_axes

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
ALONE = ("family", "lag", "missing", "below_detection", "resolution", "holdout", "error", "weights",
         "gage", "time", "learning_curve")  # fmt: skip
"""Options that speak of the target or its rows in a way that a difference has not."""
USUAL: tuple[Any, ...] = (None, (), [], {}, False, "auto", "refuse", "gaussian")


@dataclass(frozen=True, eq=False)
class Base:
    """The base as f_k of the targets, in the order of these; their outputs; their values at the
    rows before the link [N, K], and measured there [N, K]."""

    model: Model
    outputs: tuple[Output, ...]
    known: Floats
    wanted: Floats
    measured: Floats
    columns: Table
    explained: dict[str, float]

    @classmethod
    def of(
        cls, base: Model, columns: Table, targets: Sequence[str], units: Mapping[str, str],
        options: Mapping[str, Any],
    ) -> Base:  # fmt: skip
        """Checks that inputs, units and links agree. Raises InputError with what does not."""
        _need_alone(options)
        if not isinstance(base.interaction, CP):
            raise InputError(
                "the base is a tensor train, whose sum with a fit is none; give a base of products"
                " (solve or fit it as CP)"
            )
        for name in targets:
            if name not in base.output_names:
                raise InputError(
                    f"target {name!r} is no output of the base; it has"
                    f" {', '.join(base.output_names)}"
                )
        for axis in base.axes:
            _need_column(axis, columns, units, options.get("categorical", ()))
        place = [base.output_names.index(name) for name in targets]
        outputs = tuple(base.outputs[k] for k in place)
        cp = base.interaction
        f = base.linear()
        cp = cp.with_tables(cp.tables, f.interaction.weights[:, place])
        linear = Model(base.axes, cp, [replace(f.outputs[k], interval=None) for k in place])
        measured = np.stack([columns.column(name) for name in targets], axis=1)
        x = {a.name: _cells(columns, a) for a in base.axes}
        found = base.evaluate(x)
        if (found.status < 0).any():
            row = int(np.flatnonzero(found.status < 0)[0])
            name = base.axes[int(found.axis[row])].name
            raise InputError(
                f"{columns.place(row)}: {name!r} = {columns.written(name)[row]} lies outside the"
                " domain of the base; drop the row, or give a base that covers it"
            )
        known = linear.backend.value(base.derived(x).x)
        with np.errstate(all="ignore"):
            wanted = np.stack(
                [o.linear_of(measured[:, k]) if o.link != "identity" else measured[:, k]
                 for k, o in enumerate(outputs)], axis=1,
            )  # fmt: skip
        bad = np.argwhere(np.isfinite(measured) & ~np.isfinite(wanted))
        if len(bad):
            row, k = bad[0].tolist()
            raise InputError(
                f"{columns.place(row)}: {targets[k]!r} = {measured[row, k]:g} is out of reach of"
                f" the link {outputs[k].link!r} of the base; correct the cell or drop the row"
            )
        values = found.value[:, place]
        share = {n: _share(measured[:, k], values[:, k]) for k, n in enumerate(targets)}
        return cls(linear, outputs, known, wanted, measured, columns, share)

    def difference(self, targets: Sequence[str]) -> Table:
        """The table whose targets are what the base leaves, before the link."""
        numbers = np.array(self.columns.numbers, order="F")
        for k, name in enumerate(targets):
            numbers[:, self.columns.index(name)] = self.wanted[:, k] - self.known[:, k]
        cells = {n: c for n, c in self.columns.cells.items() if n not in targets}
        return replace(self.columns, numbers=numbers, cells=cells)

    def domain(self, given: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        """Ends of the inputs: those of the base where it has them. Raises InputError where others
        are declared."""
        own = {a.name: (a.lower, a.upper) for a in self.model.axes if a.kind != "categorical"}
        for name, ends in given.items():
            if name in own and ends != own[name]:
                low, high = own[name]
                raise InputError(
                    f"the domain of {name!r} is that of the base, {low:g} to {high:g}; leave it"
                    " out of --domain"
                )
        return {**given, **own}

    def finished(self, found: FitResult, plain: bool, seed: int) -> FitResult:
        """Base and difference as one model, with intervals of the sum."""
        part = found.model.linear()
        names = list(dict.fromkeys([*part.input_names, *self.model.input_names]))
        pairs = [[a for m in (part, self.model) for a in m.axes if a.name == n] for n in names]
        axes = [_supported(common(p), part) for p in pairs]
        cps = [on_axes(m, axes) for m in (part, self.model)]
        cp = CP(
            tuple(np.concatenate(t, axis=1) for t in zip(*(c.tables for c in cps), strict=True)),
            tuple(
                np.concatenate([a, b + cps[0].rank])
                for a, b in zip(cps[0].modes, cps[1].modes, strict=True)
            ),
            np.concatenate([c.weights for c in cps]),
        ).sorted()
        assert found.rows is not None
        rows = found.rows
        outputs = [self._output(k, part.outputs[k]) for k in range(len(self.outputs))]
        f = self.known[rows] + found.predicted
        shown = np.stack([o.value(f[:, k]) for k, o in enumerate(outputs)], axis=1)
        measured = self.measured[rows]
        outputs = list(with_intervals(outputs, measured, shown, group=found.group))
        known = {"explains": {n: float(f"{s:.5g}") for n, s in self.explained.items()}}
        fitted = _without(found.model.metadata.get("fit", {}), self.model.input_names)
        model = Model(axes, cp, outputs, metadata={"fit": fitted, "base": known})
        x = np.stack([_coordinates(self.columns, a)[rows] for a in axes], axis=1)
        if not plain and len(rows) >= LEAST_RESIDUALS:
            model = calibrated(model, x, measured, shown, groups=found.group).model
        if not plain and len(rows) >= LEAST_ROWS:
            model = with_familiarity(model, x, group=found.group, seed=seed)
        scores = _scores(found.report["outputs"], outputs, measured, shown)
        told = _without(found.report, self.model.input_names)
        report = {**told, "base": known, "inputs": names, "outputs": scores}
        return replace(
            found, model=model, report=report, inputs=x, measured=measured, predicted=shown
        )

    def _output(self, k: int, part: Output) -> Output:
        """Output k of the sum, its range that of both, before measured again by the writer."""
        own = self.outputs[k]
        bias = self.model.outputs[k].bias + part.bias
        link: dict[str, Any] = {} if own.link != "identity" else {"scale": 1.0, "offset": 0.0}
        low, high = float(self.measured[:, k].min()), float(self.measured[:, k].max())
        return replace(own, bias=bias, interval=None, range=(low, high), **link)


def _without(told: Mapping[str, Any], inputs: Sequence[str]) -> dict[str, Any]:
    """What a fit said, without that it left out `inputs`: the base has them."""
    found = dict(told)
    if "dropped" in found:
        found["dropped"] = [n for n in found["dropped"] if n not in inputs]
    if "notes" in found:
        left = tuple(f"input {n!r} " for n in inputs)
        found["notes"] = [n for n in found["notes"] if not n.startswith(left)]
    return found


def _need_alone(options: Mapping[str, Any]) -> None:
    for name in ALONE:
        value = options.get(name)
        if not any(value is u or (type(value) is type(u) and value == u) for u in USUAL):
            raise InputError(
                f"a fit of the difference to a base has no {name.replace('_', '-')} yet; leave one"
                " of the two out"
            )


def _need_column(
    axis: Axis, columns: Table, units: Mapping[str, str], categorical: Sequence[str]
) -> None:
    if axis.name not in columns.names:
        raise InputError(
            f"input {axis.name!r} of the base is no column of the table; add it, or compute it with"
            " --derive"
        )
    if (axis.kind == "categorical") != (axis.name in categorical):
        raise InputError(
            f"input {axis.name!r} of the base has {'levels' if axis.level_names else 'a scale'};"
            " declare the column alike (--categorical)"
        )
    own = unit_for(axis.name, {**columns.units, **units})
    if own and axis.unit and own != axis.unit:
        scale, shift = conversion(own, axis.unit, axis.name)
        if scale != 1 or shift != 0:
            raise InputError(
                f"input {axis.name!r} is in {own!r} in the table and in {axis.unit!r} in the base;"
                " give both in one unit"
            )


def _cells(columns: Table, axis: Axis) -> Any:
    return columns.written(axis.name) if axis.kind == "categorical" else columns.column(axis.name)


def _coordinates(columns: Table, axis: Axis) -> Floats:
    if axis.kind != "categorical":
        return columns.column(axis.name)
    place = {name: float(i) for i, name in enumerate(axis.level_names)}
    return np.array([place.get(cell, np.nan) for cell in columns.written(axis.name)])


def _supported(axis: Axis, part: Model) -> Axis:
    """The axis, with the rows of the fit in its spans."""
    own = {a.name: a for a in part.axes}.get(axis.name)
    if own is None or axis.kind == "categorical":
        return axis
    centre = (axis.basis.breaks[:-1] + axis.basis.breaks[1:]) / 2
    return replace(axis, support=own.support[own.basis.locate(centre)[0]])


def _share(measured: Floats, known: Floats) -> float:
    """Of the variance of what was measured."""
    good = np.isfinite(measured)
    spread = np.mean((measured[good] - measured[good].mean()) ** 2)
    return float(1.0 - np.mean((measured[good] - known[good]) ** 2) / spread)


def _scores(
    told: Mapping[str, Any], outputs: Sequence[Output], measured: Floats, shown: Floats
) -> dict[str, dict[str, Any]]:
    found = {}
    for k, output in enumerate(outputs):
        residual = measured[:, k] - shown[:, k]
        lower, upper = output.bounds(shown[:, k])
        inside = (measured[:, k] >= lower) & (measured[:, k] <= upper)
        found[output.name] = {
            **told[output.name],
            "rmse": float(np.sqrt(np.mean(residual**2))),
            "r2": _share(measured[:, k], shown[:, k]),
            "coverage": float(np.mean(inside)),
        }
    return found
