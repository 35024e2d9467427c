"""What changed from one model to the next, as plain data: predictions over the domain that both
have and on the reference rows of the old file, inputs, outputs, intervals; and whether it stays
within what is allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.reader import from_bytes as opened
from sna_edge.artifact.reader import golden_vectors
from sna_edge.calculus.difference import Difference, differences
from sna_edge.calculus.shared_domain import as_coordinates, shared_axes
from sna_edge.core.axis import Axis
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points
from sna_edge.status import Status
from sna_edge.values.fit_told import fit_told

from .shares import as_shares, of_labels, share_differences

Floats = NDArray[np.float64]
NAME, FORMAT = "sna-edge-comparison", 1
POINTS = 1024
"""Of the shared domain, at which widths of intervals are compared."""
CHANGE, RMS = "max-change", "max-rms-change"
CHANGE_AT_ROWS, RMS_AT_ROWS = AT_ROWS = "max-change-at-rows", "max-rms-change-at-rows"
ALL = "*"
"""Stands for every output in a limit."""
Limits = Mapping[str, Mapping[str, float]]


def compared(
    old: Model, new: Model, limits: Limits | None = None, rows: Floats | None = None
) -> dict[str, Any]:
    """The comparison of two models read from files. `limits`: {CHANGE, RMS or one of AT_ROWS:
    {output: amount}}; `rows`: inputs [N, D] of the new model at which both are asked, too. Where
    the two cannot be subtracted, `why_not` says so."""
    common = [
        o.name for o in new.outputs
        if any((o.name, o.unit) == (p.name, p.unit) for p in old.outputs)
    ]  # fmt: skip
    told: dict[str, Any] = {
        "schema": {"name": NAME, "version": FORMAT},
        "old": _identity(old),
        "new": _identity(new),
        "inputs": _inputs(old, new),
        "outputs": _outputs(old, new),
        "shared_domain": None,
        "changes": [],
        "why_not": None,
        "reference_rows": _reference_rows(old, new, common),
        "rows": _own_rows(old, new, rows, common),
    }
    try:
        if not common:
            raise InputError("the models share no output of one name and unit; name them alike")
        several = of_labels(old, "several") | of_labels(new, "several")
        axes = shared_axes(old, new)
        found = share_differences(old, new, [n for n in common if n in several])
        if rest := [n for n in common if n not in several]:
            found += differences(old, new, rest)[1]
        found.sort(key=lambda one: common.index(one.output))
    except InputError as error:
        told["why_not"] = str(error)
    else:
        told["shared_domain"] = [_ends(axis) for axis in axes]
        widths = _widths(old, new, axes, common)
        told["changes"] = [_change(axes, old, new, one, widths[one.output]) for one in found]
    told["gate"] = _gate(told, limits or {})
    told["said"] = _sentences(told)
    return told


def _identity(model: Model) -> dict[str, Any]:
    assert model.artifact is not None
    return {
        "sha256": hashlib.sha256(model.artifact).hexdigest(),
        "version": model.signature.model_version if model.signature else None,
        "bytes": len(model.artifact),
        "rows": fit_told(model.metadata).get("rows"),
    }


def _inputs(old: Model, new: Model) -> dict[str, Any]:
    """Names added and removed, units and domains that changed."""
    before = {a.name: a for a in old.axes}
    both = [(before[a.name], a) for a in new.axes if a.name in before]
    return {
        "added": [a.name for a in new.axes if a.name not in before],
        "removed": [name for name in before if name not in new.input_names],
        "units": [
            {"name": b.name, "old": a.unit, "new": b.unit} for a, b in both if a.unit != b.unit
        ],
        "domains": [{"old": _ends(a), "new": _ends(b)} for a, b in both if _ends(a) != _ends(b)],
    }


def _ends(axis: Axis) -> dict[str, Any]:
    if axis.kind == "categorical":
        return {"name": axis.name, "levels": list(axis.level_names)}
    return {"name": axis.name, "lower": axis.lower, "upper": axis.upper}


def _outputs(old: Model, new: Model) -> dict[str, Any]:
    before = {o.name: o.unit for o in old.outputs}
    return {
        "added": [o.name for o in new.outputs if o.name not in before],
        "removed": [name for name in before if name not in new.output_names],
        "units": [
            {"name": o.name, "old": before[o.name], "new": o.unit}
            for o in new.outputs if o.name in before and before[o.name] != o.unit
        ],
    }  # fmt: skip


def _change(
    axes: Sequence[Axis], old: Model, new: Model, found: Difference, widths: dict[str, Any] | None
) -> dict[str, Any]:
    """New minus old of one output, in its units; `status_there`, what either model says of the
    place of the largest change."""
    unit = new.outputs[new.output_names.index(found.output)].unit
    return {
        "output": found.output,
        "unit": unit,
        "mean": found.mean,
        "rms": found.rms,
        "exact": found.exact,
        "reached": list(found.reached),
        "largest": found.largest,
        "at": {a.name: _written(a, x) for a, x in zip(axes, found.place, strict=True)},
        "status_there": {
            which: Status(
                int(
                    m.evaluate(as_coordinates(m, axes, found.place[None]), level_index=True).status[
                        0
                    ]
                )
            ).label
            for which, m in (("old", old), ("new", new))
        },
        "bound": found.bound,
        "spread": found.spread,
        "interval": widths,
    }


def _written(axis: Axis, x: float) -> str | float:
    return axis.level_names[round(x)] if axis.kind == "categorical" else float(x)


def _widths(
    old: Model, new: Model, axes: Sequence[Axis], outputs: Sequence[str]
) -> dict[str, dict[str, Any] | None]:
    """{output: median width of the 90 % interval before and now}; None where one has none."""
    x = domain_points(tuple(axes), POINTS)
    found = []
    for model in (old, new):
        answer = model.evaluate(as_coordinates(model, axes, x), level_index=True)
        found.append(answer.upper - answer.lower)
    told: dict[str, dict[str, Any] | None] = {}
    for name in outputs:
        both = [w[:, m.output_names.index(name)] for m, w in zip((old, new), found, strict=True)]
        finite = [w[np.isfinite(w)] for w in both]
        told[name] = (
            {"old": float(np.median(finite[0])), "new": float(np.median(finite[1]))}
            if all(len(w) for w in finite)
            else None
        )
    return told


def _reference_rows(old: Model, new: Model, outputs: Sequence[str]) -> dict[str, Any] | None:
    """The reference rows that stand in the old file, asked of both."""
    assert old.artifact is not None
    if not _holds(old.axes, new.axes):
        return None
    x = golden_vectors(opened(old.artifact, Model)[1]).inputs
    return _asked(old, new, x, as_coordinates(new, old.axes, x), outputs)


def _own_rows(
    old: Model, new: Model, x: Floats | None, outputs: Sequence[str]
) -> dict[str, Any] | None:
    """Rows x [N, D] of the inputs of `new`, asked of both."""
    if x is None or not len(x) or not _holds(new.axes, old.axes):
        return None
    return _asked(old, new, as_coordinates(old, new.axes, x), x, outputs)


def _holds(given: Sequence[Axis], needed: Sequence[Axis]) -> bool:
    """Whether points of `given` are points of `needed`: inputs are there, of one kind and unit."""
    known = {a.name: a for a in given}
    return all(
        a.name in known
        and known[a.name].unit == a.unit
        and (known[a.name].kind == "categorical") == (a.kind == "categorical")
        for a in needed
    )


def _asked(
    old: Model, new: Model, x_old: Floats, x_new: Floats, outputs: Sequence[str]
) -> dict[str, Any]:
    """New minus old at rows; those without a value in either are counted. `at`: the inputs of the
    one that changed most."""
    before, now = (m.evaluate(x, level_index=True) for m, x in ((old, x_old), (new, x_new)))
    inside = (before.status >= 0) & (now.status >= 0)
    y_old, y_new = as_shares(old, before.value), as_shares(new, now.value)
    by_output = {}
    for name in outputs:
        change = y_new[:, new.output_names.index(name)]
        change = change - y_old[:, old.output_names.index(name)]
        good = np.flatnonzero(inside & np.isfinite(change))
        most = good[np.abs(change[good]).argmax()] if len(good) else None
        by_output[name] = {
            "largest": None if most is None else float(abs(change[most])),
            "rms": float(np.sqrt((change[good] ** 2).mean())) if len(good) else None,
            "at": None
            if most is None
            else {a.name: _written(a, v) for a, v in zip(new.axes, x_new[most], strict=True)},
        }
    return {
        "rows": len(x_new),
        "without_value": int((~inside).sum()),
        "unfamiliar": int((now.status == Status.UNFAMILIAR).sum()),
        "outputs": by_output,
    }


def _gate(told: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """`broken`: what changed by more than allowed; `unproved`: what was not found to, while only a
    larger amount is proved."""
    broken, unproved = list[str](), list[str]()
    for key, amounts in limits.items():
        each = [(out, most) for name, most in amounts.items() for out in _named(told, name)]
        for name, most in each:
            said, bound = _judged(told, key, name, most)
            (broken if said else unproved).append(said or bound)
    return {
        "limits": {k: dict(v) for k, v in limits.items()},
        "broken": broken,
        "unproved": [said for said in unproved if said],
    }


def _named(told: Mapping[str, Any], name: str) -> list[str]:
    """The outputs that a limit is for: ALL that both models name, in whatever unit, one, or the
    labels 'name:LABEL' of a target."""
    names = [one["output"] for one in told["changes"]]
    if name == ALL:
        return [*names, *(one["name"] for one in told["outputs"]["units"])] or [name]
    labels = [other for other in names if other.startswith(f"{name}:")]
    return [name] if name in names else labels or [name]


def _judged(told: Mapping[str, Any], key: str, name: str, most: float) -> tuple[str, str]:
    """Why a limit is broken, '' where it is not; and what is not proved of it."""
    one = next((c for c in told["changes"] if c["output"] == name), None)
    rows = told["rows"] if key in AT_ROWS else None
    value, unit = None, f" {one['unit']}" if one and one["unit"] else ""
    if one and key in AT_ROWS:
        value = rows and rows["outputs"][name]["largest" if key == CHANGE_AT_ROWS else "rms"]
        at = rows and rows["outputs"][name]["at"]
        where = f" at {_place(at)}" if at and key == CHANGE_AT_ROWS else ""
    elif one:
        value = one["largest"] if key == CHANGE else one["rms"]
        where = f" at {_place(one['at'])}" if key == CHANGE else ""
    if one is None or value is None:
        why = told["why_not"] or (
            f"{name} is not in both models in one unit" if one is None
            else "there are no rows of which both models know all inputs"
        )  # fmt: skip
        return f"{key} of {name} cannot be judged: {why}", ""
    if not value <= most:
        return f"{name} changed by {value:.4g}{unit}{where}, {key} allows {most:.4g}{unit}", ""
    if key == CHANGE and not one["bound"] <= most:
        return "", (
            f"{name}: no change above {most:.4g}{unit} was found, none above"
            f" {one['bound']:.4g}{unit} is proved"
        )
    return "", ""


def _place(at: Mapping[str, Any]) -> str:
    return ", ".join(f"{n} {v:.4g}" if isinstance(v, float) else f"{n} {v}" for n, v in at.items())


def _sentences(told: Mapping[str, Any]) -> list[str]:
    """What changed, in words."""
    inputs, outputs = told["inputs"], told["outputs"]
    if told["old"]["sha256"] == told["new"]["sha256"]:
        return ["the two files are the same, byte for byte"]
    lines = [
        f"{what} {word}: {', '.join(part[word])}"
        for what, part in (("inputs", inputs), ("outputs", outputs))
        for word in ("added", "removed")
        if part[word]
    ]
    lines += [
        f"{one['name']} was in {one['old'] or 'no unit'}, is in {one['new'] or 'no unit'}"
        for one in (*inputs["units"], *outputs["units"])
    ]
    lines += [_domain(one["old"], one["new"]) for one in inputs["domains"]]
    if told["why_not"]:
        lines.append(f"predictions are not compared: {told['why_not']}")
    lines += [_sentence(one) for one in told["changes"]]
    if own := told["rows"]:
        lines += [_at_rows(own, one) for one in told["changes"]]
    rows = told["reference_rows"]
    if rows and rows["without_value"]:
        lines.append(
            f"{rows['without_value']} of {rows['rows']} reference rows of the old file have no"
            " value any more"
        )
    return [*lines, *told["gate"]["broken"], *told["gate"]["unproved"]]


def _at_rows(rows: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    found = rows["outputs"][change["output"]]
    unit = f" {change['unit']}" if change["unit"] else ""
    lost = f", {rows['without_value']} of them without a value" if rows["without_value"] else ""
    head = f"{change['output']} at {rows['rows']} rows{lost}"
    if found["largest"] is None:
        return f"{head}: no value to compare"
    most = f"at most {found['largest']:.3g}{unit}, at {_place(found['at'])}"
    return f"{head}: RMS {found['rms']:.3g}{unit}, {most}"


def _domain(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    name = new["name"]
    if "levels" in old and "levels" in new:
        more = [level for level in new["levels"] if level not in old["levels"]]
        gone = [level for level in old["levels"] if level not in new["levels"]]
        said = [f"{word} {', '.join(of)}" for word, of in (("new", more), ("gone", gone)) if of]
        return f"levels of {name}: {'; '.join(said) or 'in another order'}"
    before, now = (
        ", ".join(one["levels"]) if "levels" in one else f"{one['lower']:.6g} to {one['upper']:.6g}"
        for one in (old, new)
    )
    return f"domain of {name}: was {before}, is {now}"


def _sentence(one: Mapping[str, Any]) -> str:
    unit = f" {one['unit']}" if one["unit"] else ""
    if one["bound"] == 0:
        return f"{one['output']}: the same everywhere"
    how = "" if one["exact"] else " (sampled)"
    share = f", {100 * one['rms'] / one['spread']:.3g} % of the spread" if one["spread"] else ""
    there = ""
    if "unfamiliar" in one["status_there"].values():
        there = " (unfamiliar ground)"
    line = (
        f"{one['output']}: mean {one['mean']:+.3g}{unit}, RMS {one['rms']:.3g}{unit}{share}{how};"
        f" at most {one['largest']:.3g}{unit} found, at {_place(one['at'])}{there},"
        f" {one['bound']:.3g}{unit} proved"
    )
    if one["interval"]:
        line += (
            f"; 90 % interval {one['interval']['old']:.3g} -> {one['interval']['new']:.3g}{unit}"
        )
    return line
