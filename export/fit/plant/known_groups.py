"""Known batches: each with an offset of its own, shrunk to what its rows support, beside the
function that all share.

    y = g(f(x) + b_group),    b ~ (0, between^2)

f is fitted to rows from which the offsets of a first fit are taken; b is then estimated anew from
rows predicted without their group. The model has one more input, the batch, with a level for every
known one and one for a new one: that has the offset 0 and the interval of a new group, a known one
has the narrower interval of what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis, level_axis
from sna_edge.core.beside import Calibration, Companion, CoordinateSource, Role
from sna_edge.core.interaction import CP
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.numerics.time_budget import TimeBudget

from ...calibrate.additive import Additive, level_basis
from ...calibrate.between_groups import Components, between_groups, components
from ...calibrate.companion import scale_companion
from ...calibrate.local_scale import LocalScale, constant
from ...table.row_keys import labels
from ...table.table import MOST_LEVELS, Table
from ..data.weights import mean
from ..pipeline.beside import with_widths
from ..pipeline.conformal import conformal_quantile, with_intervals
from ..pipeline.result import FitResult

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEW = "new"
LEVEL = 0.9


@dataclass(frozen=True, eq=False)
class Known:
    """names [G] and group [N] of the rows that were predicted without their group; parts [K]:
    offsets and variances of every output before its link; residual [N, K] there."""

    names: tuple[str, ...]
    group: Ints
    parts: tuple[Components, ...]
    residual: Floats

    def narrower(self, k: int) -> Floats:
        """[G]: the width of an interval of each known group over that of a new one, by rows against
        the offset that the others of their group give."""
        part, r = self.parts[k], self.residual[:, k]
        mine = r - part.mean
        ratio = (part.between / part.within) ** 2 if part.within > 0 else 0.0
        total = np.bincount(self.group, mine, len(self.names))[self.group] - mine
        count = np.bincount(self.group, minlength=len(self.names))
        others = count[self.group] - 1
        left = mine - total * ratio / (1.0 + ratio * others)
        whole = conformal_quantile(mine, LEVEL)
        share = conformal_quantile(left, LEVEL) / whole if whole > 0 else 1.0
        unsure = np.sqrt(1.0 + ratio / (1.0 + ratio * count))
        usual = float(np.sqrt(np.mean(1.0 + ratio / (1.0 + ratio * others))))
        return np.asarray(np.minimum(share * unsure / usual, 1.0))


def fitted(
    table: Table, targets: Sequence[str], groups: str, fit: Callable[[Table], FitResult]
) -> FitResult:
    """The `fit` of the table with a level for every known group. Raises InputError for more groups
    than an input has levels."""
    names, group = labels(table, groups)
    if len(names) >= MOST_LEVELS:
        raise InputError(
            f"{groups!r} names {len(names)} groups; at most {MOST_LEVELS - 1} can be known, fit"
            " without --known-groups"
        )
    found = fit(table)
    first = known(found, names, group)
    if all(part.between == 0 for part in first.parts):
        return with_levels(found, first, groups)
    found = fit(_without_offsets(table, targets, found, first, group))
    measured = np.stack([table.column(n) for n in found.model.output_names], axis=1)
    assert found.rows is not None
    found = _judged_anew(replace(found, measured=measured[found.rows]), group[found.rows])
    return with_levels(found, known(found, names, group), groups)


def _judged_anew(found: FitResult, group: Ints) -> FitResult:
    """The result with intervals and figures of what was measured, in groups [n] as new ones."""
    rows = found.measured, found.predicted
    model = found.model
    bare = [replace(o, interval=None) for o in model.outputs]
    outputs = with_intervals(bare, *rows, group=group, weight=found.weight)
    kept = [c for c in model.companions if c.role != Role.SCALE]
    differ = between_groups(outputs, *rows, group)
    scores = {}
    for k, output in enumerate(outputs):
        y, f = (one[:, k] for one in rows)
        squared = float(mean((y - f) ** 2, found.weight))
        spread = float(mean((y - mean(y, found.weight)) ** 2, found.weight))
        low, high = output.bounds(f)
        scores[output.name] = {
            "rmse": float(np.sqrt(squared)),
            "r2": 1.0 - squared / spread if spread > 0 else 0.0,
            "coverage": float(np.mean((low <= y) & (y <= high))),
            "level": LEVEL,
        }
    short = {n: {key: float(f"{v:.5g}") for key, v in one.items()} for n, one in scores.items()}
    fit = {**model.metadata["fit"], "outputs": short, "groups": differ}
    metadata = {**model.metadata, "fit": fit}
    calibration = _without_residuals(model.calibration)
    model = model.replace(
        outputs=outputs, companions=kept, metadata=metadata, calibration=calibration
    )
    report = {**found.report, "outputs": scores, "groups": differ}
    made = replace(found, model=model, report=report)
    if found.scales is None:
        return made
    return with_widths(made, group[made.judging()[0]], TimeBudget())


def _without_residuals(told: Calibration | None) -> Calibration | None:
    """What is left of it, familiarity."""
    if told is None or not (told.n_scores or told.pairs):
        return None
    return Calibration(
        n_scores=told.n_scores, scores=told.scores, least_p=told.least_p, pairs=told.pairs
    )


def known(found: FitResult, names: tuple[str, ...], group: Ints) -> Known:
    """What residuals of rows predicted without their group say of every group."""
    assert found.rows is not None
    mine = group[found.rows]
    residual = np.stack(
        [
            _linear(o, found.measured[:, k]) - _linear(o, found.predicted[:, k])
            for k, o in enumerate(found.model.outputs)
        ],
        axis=1,
    )
    parts = tuple(components(r, mine) for r in residual.T)
    return Known(names, mine, parts, residual)


def _linear(output: Output, y: Floats) -> Floats:
    with np.errstate(all="ignore"):
        f = output.linear_of(y)
    if not np.isfinite(f).all():
        raise InputError(
            f"output {output.name!r} has no finite value before its link {output.link}; known"
            " groups need one, fit with --link identity"
        )
    return f


def _offsets(part: Components, count: int) -> Floats:
    """[G] of every group; 0 for one without a predicted row."""
    return np.append(part.offset, np.zeros(max(count - len(part.offset), 0)))[:count]


def _without_offsets(
    table: Table, targets: Sequence[str], found: FitResult, first: Known, group: Ints
) -> Table:
    """The table whose targets are as they would be in a group of offset 0."""
    numbers = np.array(table.numbers, order="F")
    for k, output in enumerate(found.model.outputs):
        column = table.column(output.name)
        offset = _offsets(first.parts[k], len(first.names))[group]
        numbers[:, table.index(output.name)] = output.value(_linear(output, column) - offset)
    cells = {name: c for name, c in table.cells.items() if name not in targets}
    return replace(table.settled(list(targets)), numbers=numbers, cells=cells)


def with_levels(found: FitResult, told: Known, groups: str) -> FitResult:
    """The result whose model has an input of groups."""
    model = found.model
    name = groups if groups not in model.input_names else f"{groups} (known)"
    new = NEW if NEW not in told.names else "(new)"
    axis = level_axis(name, (new, *told.names))
    offsets = np.stack([_offsets(p, len(told.names)) for p in told.parts], axis=1)
    count = np.bincount(told.group, minlength=len(told.names))
    support = np.minimum(np.r_[count.max(), count], 255).astype(np.uint8)
    axis = replace(axis, support=support)
    widths = [told.narrower(k) for k in range(len(model.outputs))]
    model = _with_axis(found, axis, offsets, widths)
    said = {
        "column": name,
        "new": new,
        "groups": len(told.names),
        "narrower": {
            o.name: float(f"{np.median(w):.3g}")
            for o, w in zip(model.outputs, widths, strict=True)
            if found.scales is not None
        },
    }
    metadata = {**model.metadata, "fit": {**model.metadata["fit"], "known_groups": said}}
    inputs = np.concatenate([found.inputs, np.zeros((len(found.inputs), 1))], axis=1)
    report = {**found.report, "known_groups": said, "inputs": model.input_names}
    return replace(found, model=model.replace(metadata=metadata), inputs=inputs, report=report)


def _with_axis(found: FitResult, axis: Axis, offsets: Floats, widths: list[Floats]) -> Model:
    model, cp = found.model, found.model.interaction
    assert isinstance(cp, CP)
    d, k = len(model.axes), len(model.outputs)
    table = np.concatenate([np.zeros((1, k)), offsets])
    whole = CP(
        (*cp.tables, table),
        (*cp.modes, np.arange(cp.rank, cp.rank + k)),
        np.concatenate([cp.weights, np.eye(k)]),
    )
    axes = (*model.axes, axis)
    outputs = tuple(_reaching(o, offsets[:, j]) for j, o in enumerate(model.outputs))
    companions = [_padded(c, axis) for c in model.companions if c.role != Role.SCALE]
    scales = [c for c in model.companions if c.role == Role.SCALE]
    if found.scales is not None and model.calibration is not None:
        scales = []
        for j, (scale, width) in enumerate(zip(found.scales, widths, strict=True)):
            scales.append(scale_companion(_by_group(scale, width, d), axes, j))
        outputs = tuple(replace(o, interval=None) for o in outputs)
    return model.replace(
        axes=axes,
        interaction=whole.sorted(),
        outputs=outputs,
        dtypes=None,
        companions=[*scales, *companions],
    )


def _reaching(output: Output, offset: Floats) -> Output:
    """The output whose range holds all groups."""
    if output.range is None:
        return output
    ends = output.linear_of(np.array(output.range))
    low, high = min(0.0, float(offset.min())), max(0.0, float(offset.max()))
    reached = output.value(np.array([ends.min() + low, ends.max() + high]))
    return replace(output, range=(float(reached.min()), float(reached.max())))


def _by_group(scale: LocalScale, width: Floats, d: int) -> LocalScale:
    """sigma of the scale times the width of every group."""
    function = scale.function or Additive((), 0.0, ())
    table = np.log(np.maximum(np.r_[1.0, width], 1e-3))
    bases = (*function.bases, level_basis(len(table)))
    wider = Additive(bases, function.constant, (*function.tables, table))
    return replace(
        constant(len(scale.left_out)),
        coordinates=(*scale.coordinates, d),
        function=wider,
        left_out=scale.left_out,
    )


def _padded(companion: Companion[Any], axis: Axis) -> Companion[Any]:
    """A companion whose features do not see the groups."""
    more = np.zeros(axis.basis.n_spans, np.float32)
    coordinates = tuple(
        replace(c, weights=np.concatenate([c.weights, more]))
        if c.source == CoordinateSource.FEATURE
        else c
        for c in companion.coordinates
    )
    return replace(companion, coordinates=coordinates)
