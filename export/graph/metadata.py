"""What a graph file says about itself: content hash, names, units, domain, storage."""

from __future__ import annotations

from typing import Any

from sna_edge import __version__
from sna_edge.artifact.golden import float32_offsets
from sna_edge.model import Model
from sna_edge.values.naming import labelled


def content_hash(model: Model) -> str:
    """SHA-256 (hex) of the artifact's bytes before its integrity section: the same for the same
    content."""
    from sna_edge.artifact.checks import validate

    data = model.artifact or model.to_bytes()
    return str(validate(data).sections["integrity"][:32].hex())


def graph_metadata(model: Model, shifted: bool = False) -> dict[str, Any]:
    """Name -> text or JSON-able value, the same keys in every exported file.

    `shifted`: the file takes inputs and gives outputs without the offset that float32 does not
    carry; it says which.
    """
    return (offsets(model) if shifted else {}) | {
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


def offsets(model: Model) -> dict[str, dict[str, float]]:
    """What the caller takes off inputs and adds to outputs, by name; nothing where float32 carries
    them all."""
    low, plus = float32_offsets(model)
    found = {
        "input_offset": {a.name: o for a, o in zip(model.axes, low, strict=True) if o},
        "output_offset": {out.name: o for out, o in zip(model.outputs, plus, strict=True) if o},
    }
    return {key: value for key, value in found.items() if value}


def notes(model: Model) -> dict[str, str]:
    """One line per input and output for readers of the graph."""
    said = {a.name: a.describe() for a in model.axes}
    said |= {o.name: labelled(o.name, o.unit or "-") for o in model.outputs}
    inputs = ", ".join(a.name for a in model.axes)
    said |= {
        f"d_{o.name}": f"gradient of {o.name} by ({inputs}), {o.unit or '-'} per input unit"
        for o in model.outputs
    }
    return said
