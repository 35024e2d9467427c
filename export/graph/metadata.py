"""What a graph file says about itself: content hash, names, units, domain, storage."""

from __future__ import annotations

from typing import Any

from sna_edge import __version__
from sna_edge.artifact.golden import float32_offsets
from sna_edge.model import Model
from sna_edge.values.naming import labelled

from .extras import FAMILIARITY, NOTHING, Extras


def content_hash(model: Model) -> str:
    """SHA-256 (hex) of the artifact's bytes before its integrity section: the same for the same
    content."""
    from sna_edge.artifact.checks import validate

    data = model.artifact or model.to_bytes()
    return str(validate(data).sections["integrity"][:32].hex())


def graph_metadata(model: Model, shifted: bool = False, extras: Extras = NOTHING) -> dict[str, Any]:
    """Name -> text or JSON-able value, the same keys in every exported file.

    `shifted`: the file takes inputs and gives outputs without the offset that float32 does not
    carry; it says which. `extras`: what the file gives beside the values.
    """
    beside = (offsets(model, extras) if shifted else {}) | _beside(model, extras)
    return beside | {
        "sna_content_sha256": content_hash(model),
        "sna_edge_version": __version__,
        "inputs": [
            [a.name, a.unit, a.lower, a.upper, *([list(a.level_names)] if a.level_names else [])]
            for a in model.axes
        ],
        "outputs": [[o.name, o.unit] for o in model.outputs],
        "dtypes": list(model.dtypes),
        "outside_domain": "NaN",
    }


def _beside(model: Model, extras: Extras) -> dict[str, Any]:
    """Names, units, levels of intervals, and up to which p inputs are unfamiliar."""
    if not extras.kinds:
        return {}
    said: dict[str, Any] = {"beside": [[name, unit] for name, unit in _units(model, extras)]}
    if "interval" in extras.kinds:
        said["levels"] = {o.name: extras.level_of(o) for o in model.outputs}
    if FAMILIARITY in extras.kinds and model.calibration is not None:
        said["unfamiliar_at_most"] = model.calibration.least_p
    return said


def _units(model: Model, extras: Extras) -> list[tuple[str, str]]:
    units = {f"{o.name}_{end}": o.unit for o in model.outputs for end in ("lower", "upper")}
    return [(name, units.get(name, "")) for name in extras.names(model)]


def offsets(model: Model, extras: Extras = NOTHING) -> dict[str, dict[str, float]]:
    """What the caller takes off inputs and adds to outputs, by name; nothing where float32 carries
    them all."""
    low, plus = float32_offsets(model)
    values = zip(model.output_names, plus, strict=True)
    more = zip(extras.names(model), extras.offsets(model, plus), strict=True)
    found = {
        "input_offset": {a.name: o for a, o in zip(model.axes, low, strict=True) if o},
        "output_offset": {n: o for n, o in (*values, *more) if o},
    }
    return {key: value for key, value in found.items() if value}


def notes(model: Model, extras: Extras = NOTHING) -> dict[str, str]:
    """One line per input and output for readers of the graph."""
    said = {a.name: a.describe() for a in model.axes}
    said |= {o.name: labelled(o.name, o.unit or "-") for o in model.outputs}
    inputs = ", ".join(a.name for a in model.axes)
    said |= {
        f"d_{o.name}": f"gradient of {o.name} by ({inputs}), {o.unit or '-'} per input unit"
        for o in model.outputs
    }
    return said | _notes_beside(model, extras)


def _notes_beside(model: Model, extras: Extras) -> dict[str, str]:
    said = {FAMILIARITY: "p: share of rows not learned from that were no more familiar"}
    for o in model.outputs:
        interval = f"of the {100 * extras.level_of(o):g} % interval of {o.name}, {o.unit or '-'}"
        said |= {f"{o.name}_{end}": f"{end} end {interval}" for end in ("lower", "upper")}
        said[f"{o.name}_scale"] = f"scale of the residuals of {o.name}"
    return {name: said[name] for name in extras.names(model)}
