"""Where a model is known to fail, as far as its rows and its file say so: plain data, each with a
sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points
from sna_edge.status import Status
from sna_edge.uncertainty.familiarity import told

from ..calibrate.judged import Judged
from .shares import of_labels

Floats = NDArray[np.float64]
POOR = 0.5
"""R2 below which an output is said to be predicted poorly."""
HARDLY = 0.9
"""Log-loss over that of shares alone above which labels are hardly told apart."""
LARGER, SURE = 1.5, 3.0
"""RMSE of a part over that of all rows from which it is named, and by how many of its standard
deviations it has to lie above."""
CLEARLY = 1.02
"""Error over that of a simple function from which on it is said to be larger."""
LEAST_ROWS, PARTS, FEW_VALUES, NAMED = 10, 3, 5, 3
WORST = 5
POINTS = 4096


def failures(
    model: Model, report: Mapping[str, Any], found: Any = None, judged: Sequence[Judged] = ()
) -> list[dict[str, Any]]:
    """What is known, the gravest kind first. `found`: a fit result with inputs [N, D], measured and
    predicted [N, K]; `report`: that of the fit, or what the file says of it."""
    lines = [*_poor(report), *_poor_classes(report), *_no_better(report)]
    if found is not None:
        lines += _large_errors(model, found)
    lines += _intervals(judged)
    lines += [*_unfamiliar(model), *_gaps(model), *_pairs(model)]
    return [*lines, *_of_fit(report), *_of_solve(model.metadata)]


def _one(kind: str, said: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "said": said, **more}


def _poor(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, score in report.get("outputs", {}).items():
        if "r2" in score and score["r2"] < POOR:
            yield _one(
                "poor_fit", f"{name} is predicted poorly: R2 {score['r2']:.2f} on rows left out",
                output=name, r2=score["r2"],
            )  # fmt: skip


def _poor_classes(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Labels that are hardly told apart, and probabilities that are not what they say."""
    for name, one in _classes(report).items():
        if one["log_loss"] > HARDLY * one["base_log_loss"]:
            yield _one(
                "poor_fit",
                f"{name} is predicted poorly: log-loss {one['log_loss']:.3g} on rows left out,"
                f" {one['base_log_loss']:.3g} of the shares of its labels alone",
                output=name, log_loss=one["log_loss"],
            )  # fmt: skip
        if one["calibration_error"] > 2 * one["calibration_error_by_chance"]:
            yield _one(
                "calibration",
                f"{name}: shares seen are off the probabilities by {one['calibration_error']:.2g}"
                " on average, those of a perfect model would be by"
                f" {one['calibration_error_by_chance']:.2g}",
                output=name,
            )  # fmt: skip


def _classes(report: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of labels in the report of a fit; a file alone has none of them in full."""
    found = report.get("classes")
    needed = {"log_loss", "base_log_loss", "calibration_error", "calibration_error_by_chance"}
    whole = found.items() if isinstance(found, Mapping) else ()
    return {n: one for n, one in whole if isinstance(one, Mapping) and needed <= set(one)}


def _no_better(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    confirmed = report.get("confirmed", {})
    for name, error in confirmed.get("error", {}).items():
        simple = confirmed.get("baseline", {}).get(name)
        if simple is not None and error > CLEARLY * simple and not confirmed["replaced"].get(name):
            yield _one(
                "no_better_than_simple",
                f"{name}: on the {confirmed.get('rows', '')} rows that confirm the choice the error"
                f" is {error:.3g} of the spread, that of a mean, linear or quadratic function"
                f" {simple:.3g}",
                output=name, error=error, simple=simple,
            )  # fmt: skip


def _large_errors(model: Model, found: Any) -> Iterator[dict[str, Any]]:
    """Parts of an input where rows left out are missed by much more than elsewhere."""
    error = np.asarray(found.measured) - np.asarray(found.predicted)
    x = np.asarray(found.inputs)
    labels = of_labels(model)
    for k, output in enumerate(model.outputs):
        if output.name in labels:
            continue
        squared = error[:, k] ** 2
        good = np.isfinite(squared)
        if not good.any() or (whole := float(np.sqrt(squared[good].mean()))) == 0:
            continue
        named = []
        for d, axis in enumerate(model.axes[: x.shape[1]]):
            for where, rows in _parts(axis, x[:, d]):
                n = int((rows & good).sum())
                if n < LEAST_ROWS:
                    continue
                rmse = float(np.sqrt(squared[rows & good].mean()))
                if rmse >= whole * max(LARGER, 1 + SURE / np.sqrt(2 * n)):
                    named.append((rmse, axis.name, where, n))
        for rmse, name, where, n in sorted(named, reverse=True)[:NAMED]:
            unit = f" {output.unit}" if output.unit else ""
            yield _one(
                "large_errors",
                f"{output.name} errs more where {name} is {where}: RMSE {rmse:.3g}{unit} on {n}"
                f" rows, {whole:.3g}{unit} on all",
                output=output.name, input=name, where=where, rows=n, rmse=rmse, rmse_of_all=whole,
            )  # fmt: skip


def _parts(axis: Axis, x: Floats) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Levels, values where these are few, else thirds of the rows."""
    if axis.kind == "categorical":
        for i, level in enumerate(axis.level_names):
            yield level, x == i
        return
    unit = f" {axis.unit}" if axis.unit else ""
    finite = x[np.isfinite(x)]
    values = np.unique(finite)
    if len(values) <= FEW_VALUES:
        for value in values:
            yield f"{value:.6g}{unit}", x == value
        return
    ends = np.unique(np.quantile(finite, np.arange(PARTS + 1) / PARTS))
    for i, (low, high) in enumerate(pairwise(ends)):
        below = x <= high if i == len(ends) - 2 else x < high
        yield f"{low:.4g} to {high:.4g}{unit}", (x >= low) & below


def worst_rows(model: Model, found: Any) -> dict[str, list[dict[str, Any]]]:
    """{output: the rows that are missed most}, each with its number in the table (1 is the first),
    inputs, measured and predicted value."""
    rows = getattr(found, "rows", None)
    number = np.arange(len(found.measured)) if rows is None else np.asarray(rows)
    told: dict[str, list[dict[str, Any]]] = {}
    labels = of_labels(model)
    for k, output in enumerate(model.outputs):
        if output.name in labels:
            continue
        error = np.abs(found.measured[:, k] - found.predicted[:, k])
        order = np.argsort(-np.where(np.isfinite(error), error, -1.0), kind="stable")[:WORST]
        told[output.name] = [
            {
                "row": int(number[i]) + 1,
                "inputs": {
                    a.name: _written(a, found.inputs[i, d])
                    for d, a in enumerate(model.axes[: found.inputs.shape[1]])
                },
                "measured": float(found.measured[i, k]),
                "predicted": float(found.predicted[i, k]),
            }
            for i in order
            if np.isfinite(error[i])
        ]
    return told


def _written(axis: Axis, x: float) -> str | float:
    whole = axis.kind == "categorical" and np.isfinite(x)
    return axis.level_names[round(x)] if whole else float(x)


def _intervals(judged: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """What is said of intervals that do not hold somewhere."""
    for one in judged:
        parts = [one.coverage.whole, *one.coverage.by_prediction]
        parts += [p for of in one.coverage.by_input.values() for p in of]
        if any(p.verdict == "low" for p in parts):
            for said in one.sentences[:-1]:
                yield _one("interval", f"{one.output.name}: {said}", output=one.output.name)


def _unfamiliar(model: Model) -> Iterator[dict[str, Any]]:
    if not told(model):
        yield _one(
            "familiarity_unknown",
            "the model does not say how familiar inputs are: a point inside the domain, but far"
            " from every row, is answered like any other",
        )
        return
    status = model.evaluate(domain_points(model.axes, POINTS), level_index=True).status
    share = float((status == Status.UNFAMILIAR).mean())
    if share > 0:
        yield _one(
            "unfamiliar",
            f"{100 * share:.3g} % of the box of the inputs is unlike any row: answers there have"
            " the status unfamiliar and are never accepted",
            share=share,
        )


def _gaps(model: Model) -> Iterator[dict[str, Any]]:
    """Spans inside the domain that no row fell into, put together where they touch."""
    for axis in model.axes:
        breaks, empty = axis.basis.breaks, axis.support == 0
        if axis.kind == "categorical" or not empty.any():
            continue
        edges = np.flatnonzero(np.diff(np.r_[0, empty.astype(int), 0]))
        places = [(float(breaks[i]), float(breaks[j])) for i, j in edges.reshape(-1, 2)]
        shown = ", ".join(f"{a:.4g} to {b:.4g}" for a, b in places[:NAMED])
        more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
        unit = f" {axis.unit}" if axis.unit else ""
        yield _one(
            "no_rows", f"no row has {axis.name} from {shown}{unit}{more}: the status there is edge",
            input=axis.name, places=places,
        )  # fmt: skip


def _pairs(model: Model) -> Iterator[dict[str, Any]]:
    """Levels that were never seen together."""
    for pair in model.calibration.pairs if model.calibration else ():
        left, right = model.axes[pair.a], model.axes[pair.b]
        never = np.argwhere(~pair.seen)
        if not len(never):
            continue
        shown = ", ".join(
            f"{left.level_names[i]} with {right.level_names[j]}" for i, j in never[:NAMED]
        )
        more = f" and {len(never) - NAMED} more" if len(never) > NAMED else ""
        yield _one(
            "levels_apart",
            f"levels of {left.name} and {right.name} never seen together: {shown}{more}",
            inputs=[left.name, right.name], pairs=len(never),
        )  # fmt: skip


def _of_fit(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Suspect rows, inputs left out, work cut short."""
    if suspects := report.get("suspects"):
        said = "look wrong" if len(suspects) > 1 else "looks wrong"
        yield _one("suspect_rows", f"{len(suspects)} of the rows {said}", rows=len(suspects))
    if dropped := report.get("dropped"):
        yield _one(
            "inputs_left_out", f"inputs that the fit left out: {', '.join(map(str, dropped))}",
            inputs=list(dropped),
        )  # fmt: skip
    if cut := report.get("cut"):
        yield _one("cut_short", f"cut short by the time limit: {'; '.join(map(str, cut))}")


def _of_solve(metadata: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Doubts of a solved equation."""
    doubts = metadata.get("doubts")
    for doubt in doubts if isinstance(doubts, list) else []:
        yield _one("doubt", str(doubt))
