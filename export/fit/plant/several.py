"""Targets with different gaps: each fitted on its own rows, and all of them one model.

Targets that are measured in the same rows are fitted together. The parts are moved to common
breaks, exactly, and put side by side; what stands beside their values goes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.calculus.sums import common_axis, on_common
from sna_edge.core.axis import Axis
from sna_edge.core.basis import levels
from sna_edge.core.beside import Calibration, Companion, Coordinate, CoordinateSource, Role
from sna_edge.core.interaction import CP
from sna_edge.model import Model

from ...calibrate import calibrated
from ..pipeline.result import FitResult

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
BY = "each target by rows of its own"
Part = tuple[tuple[str, ...], Ints]
"""Targets, and the rows in which they are measured."""


def parts_of(measured: Mapping[str, Bools]) -> list[Part]:
    """Targets by the rows [N] in which they are measured, in the order of the first of each."""
    found: dict[bytes, list[str]] = {}
    for name, rows in measured.items():
        found.setdefault(rows.tobytes(), []).append(name)
    return [(tuple(names), np.flatnonzero(measured[names[0]])) for names in found.values()]


def fitted_each(
    parts: Sequence[Part], fit: Callable[[Part, float], FitResult], targets: Sequence[str]
) -> FitResult:
    """The `fit` of every part, in its share of the time left, as one result: rows of all, NaN where
    a target is not measured. Outputs stand as the `targets` do."""
    found = [fit(part, 1.0 / (len(parts) - i)) for i, part in enumerate(parts)]
    names = sorted((n for f in found for n in f.model.output_names), key=list(targets).index)
    model = _joined([_with_quantiles(f) for f in found], names)
    made = _rows_of(found, parts, names, model)
    return replace(made, report=_report(found, parts, names, model))


def _with_quantiles(found: FitResult) -> Model:
    """The model of a part, also of few rows, with quantiles of its residuals where others may have
    them."""
    told = found.model.calibration
    if told is not None and told.n_residuals:
        return found.model
    rows = found.inputs, found.measured, found.predicted
    return calibrated(found.model, *rows, local=False).model


def _joined(parts: Sequence[Model], names: list[str]) -> Model:
    inputs = list(dict.fromkeys(a.name for p in parts for a in p.axes))
    axes = {name: common([a for p in parts for a in p.axes if a.name == name]) for name in inputs}
    cps = [on_axes(p, [axes[name] for name in inputs]) for p in parts]
    place = [[names.index(n) for n in p.output_names] for p in parts]
    weights = np.zeros((sum(cp.rank for cp in cps), len(names)))
    tables: list[list[Floats]] = [[] for _ in inputs]
    modes: list[list[Ints]] = [[] for _ in inputs]
    at = 0
    for cp, mine in zip(cps, place, strict=True):
        weights[at : at + cp.rank, mine] = cp.weights
        for d in range(len(inputs)):
            tables[d].append(cp.tables[d])
            modes[d].append(cp.modes[d] + at)
        at += cp.rank
    outputs = {o.name: o for p in parts for o in p.outputs}
    whole = CP(
        tuple(np.concatenate(t, axis=1) for t in tables),
        tuple(np.concatenate(m) for m in modes),
        weights,
    ).sorted()
    companions = [_moved(c, p, inputs, names) for p in parts for c in p.companions if _kept(c)]
    return Model(
        list(axes.values()),
        whole,
        [outputs[n] for n in names],
        companions=companions,
        calibration=_calibration(parts, names),
    )


def common(found: Sequence[Axis]) -> Axis:
    """One axis for those of all parts that have it: common breaks or all levels."""
    axis = found[0]
    for other in found[1:]:
        if axis.kind != "categorical":
            axis = common_axis(axis, other)[0]
            continue
        names = tuple(dict.fromkeys([*axis.level_names, *other.level_names]))
        count = [min(_support(axis, n), _support(other, n)) for n in names]
        axis = Axis(axis.name, axis.unit, levels(len(names)), names, np.array(count, np.uint8))
    return axis


def _support(axis: Axis, level: str) -> int:
    known = level in axis.level_names
    return int(axis.support[axis.level_names.index(level)]) if known else 0


def on_axes(model: Model, axes: Sequence[Axis]) -> CP:
    """The modes of a part on the common axes; on those that it lacks none."""
    cp, own = model.interaction, {a.name: d for d, a in enumerate(model.axes)}
    assert isinstance(cp, CP)
    tables, modes = [], []
    for axis in axes:
        if axis.name not in own:
            tables.append(np.zeros((axis.basis.n_rows, 0)))
            modes.append(np.zeros(0, dtype=np.int64))
            continue
        d = own[axis.name]
        tables.append(_table(model.axes[d], axis, cp.tables[d]))
        modes.append(cp.modes[d])
    return CP(tuple(tables), tuple(modes), cp.weights)


def _table(own: Axis, axis: Axis, table: Floats) -> Floats:
    if axis.kind != "categorical":
        return on_common(own.basis, axis.basis, table)
    out = np.zeros((axis.basis.n_rows, table.shape[1]))
    out[[axis.level_names.index(n) for n in own.level_names]] = table
    return out


def _kept(companion: Companion[Any]) -> bool:
    return companion.role == Role.SCALE


def _moved(
    companion: Companion[Any], part: Model, inputs: list[str], names: list[str]
) -> Companion[Any]:
    """The scale of an output of the part, asked at the inputs and outputs of the whole."""

    def of(c: Coordinate) -> Coordinate:
        if c.source == CoordinateSource.PREDICTION:
            return replace(c, index=names.index(part.output_names[c.index]))
        return replace(c, index=inputs.index(part.input_names[c.index]))

    output = names.index(part.output_names[companion.output])
    return replace(companion, coordinates=tuple(map(of, companion.coordinates)), output=output)


def _calibration(parts: Sequence[Model], names: list[str]) -> Calibration:
    """Quantiles of every output, of as many rows as the part with the fewest; residuals of outputs
    of different parts count as uncorrelated."""
    told = {n: (p.calibration, k) for p in parts for k, n in enumerate(p.output_names)}
    found = [(c, k) for c, k in (told[n] for n in names) if c is not None]
    together = np.zeros((len(names), len(names)))
    for p in parts:
        mine, c = [names.index(n) for n in p.output_names], p.calibration
        pairs = [(i, j) for i in range(len(mine)) for j in range(i)]
        for (i, j), r in zip(pairs, [] if c is None else c.correlation, strict=True):
            together[mine[i], mine[j]] = together[mine[j], mine[i]] = r
    return Calibration(
        n_residuals=min(c.n_residuals for c, _ in found),
        quantiles=np.stack([c.quantiles[k] for c, k in found]),
        floor=np.array([c.floor[k] for c, k in found]),
        correlation=together[np.tril_indices(len(names), -1)],
        spaces=tuple(c.spaces[k] for c, k in found),
    )


def _rows_of(
    found: Sequence[FitResult], parts: Sequence[Part], names: list[str], model: Model
) -> FitResult:
    """Rows of the table that any part predicted, with what is known of each."""
    places = [rows[f.rows] for f, (_, rows) in zip(found, parts, strict=True) if f.rows is not None]
    every = np.unique(np.concatenate(places))
    x = np.full((len(every), len(model.axes)), np.nan)
    measured, predicted = (np.full((len(every), len(names)), np.nan) for _ in range(2))
    group = np.zeros(len(every), dtype=np.int64)
    for f, mine in zip(found, places, strict=True):
        rows = np.searchsorted(every, mine)
        for k, name in enumerate(f.model.output_names):
            measured[rows, names.index(name)] = f.measured[:, k]
            predicted[rows, names.index(name)] = f.predicted[:, k]
        for d, axis in enumerate(model.axes):
            if axis.name in f.model.input_names:
                x[rows, d] = _coordinates(f, axis)
        group[rows] = 0 if f.group is None else f.group
    x = np.where(np.isnan(x), np.nanmedian(x, axis=0), x)
    grouped = all(f.group is not None for f in found)
    return FitResult(
        model, {}, x, measured, predicted, group if grouped else None, every, parts=tuple(found)
    )


def _coordinates(found: FitResult, axis: Axis) -> Floats:
    d = found.model.input_names.index(axis.name)
    column = found.inputs[:, d]
    if axis.kind != "categorical":
        return column
    own = found.model.axes[d].level_names
    return np.array([float(axis.level_names.index(own[int(i)])) for i in column])


def _report(
    found: Sequence[FitResult], parts: Sequence[Part], names: list[str], model: Model
) -> dict[str, Any]:
    """That of the first part, with what all parts say of their outputs."""
    reports = [f.report for f in found]
    out = {**reports[0], "seconds": sum(r["seconds"] for r in reports), "inputs": model.input_names}
    scores = {name: score for r in reports for name, score in r["outputs"].items()}
    out["outputs"] = {name: scores[name] for name in names}
    out["targets"] = {name: len(rows) for mine, rows in parts for name in mine}
    for key in ("why", "chosen"):
        out[key] = "; ".join(
            f"{', '.join(mine)}: {r[key]}" for (mine, _), r in zip(parts, reports, strict=True)
        )
    for key in ("candidates", "suspects", "cut"):
        out[key] = [item for r in reports for item in r.get(key, [])]
    out["notes"] = [
        f"{', '.join(mine)}: {note}"
        for (mine, _), r in zip(parts, reports, strict=True)
        for note in r["notes"]
    ]
    out["stopped"] = any(r["stopped"] for r in reports)
    out["dropped"] = _dropped(reports, model.input_names)
    for key in ("repeats", "groups", "gauge", "learning_curve"):
        if merged := {n: v for r in reports for n, v in r.get(key, {}).items()}:
            out[key] = merged
    if held := [r["holdout"] for r in reports if "holdout" in r]:
        scores = {n: v for one in held for n, v in one["outputs"].items()}
        out["holdout"] = {**held[0], "outputs": {n: scores[n] for n in names if n in scores}}
    out["confirmed"] = {
        **reports[0]["confirmed"],
        "by": BY,
        "rows": sum(r["confirmed"]["rows"] for r in reports),
        **{
            key: {n: v for r in reports for n, v in r["confirmed"][key].items()}
            for key in ("error", "baseline", "replaced")
        },
    }
    return out


def _dropped(known: Sequence[Mapping[str, Any]], used: Sequence[str]) -> list[str]:
    """Inputs that no part uses."""
    names = dict.fromkeys(str(name) for one in known for name in one.get("dropped", []))
    return [name for name in names if name not in used]


def metadata_of(found: FitResult) -> dict[str, Any]:
    """What the artifact holds of the parts of a joined result: that of the first, the outputs of
    all, and how many rows each target has."""
    known = [part.model.metadata["fit"] for part in found.parts]
    outputs = {name: score for one in known for name, score in one["outputs"].items()}
    cut = sorted({what for one in known for what in one.get("cut", [])})
    out = {**known[0], "rows": len(found.measured), "outputs": outputs}
    out["targets"] = found.report["targets"]
    out |= {k: {n: v for one in known for n, v in one[k].items()} for k in ("learning_curve",)
            if any(k in one for one in known)}  # fmt: skip
    out.pop("dropped", None)
    if dropped := _dropped(known, found.model.input_names):
        out["dropped"] = dropped
    return {**out, "cut": cut} if cut else out
