"""What a graph file says about itself: content hash, names, units, domain, storage."""

from __future__ import annotations

from typing import Any

from sna_edge import __version__
from sna_edge.model import Model


def content_hash(model: Model) -> str:
    """SHA-256 (hex) of the artifact's bytes before its integrity section: the same for the same content."""
    from sna_edge.artifact.checks import validate

    data = model.artifact or model.to_bytes()
    return str(validate(data).sections["integrity"][:32].hex())


def facts(model: Model) -> dict[str, Any]:
    """Name -> text or JSON-able value, the same keys in every exported file."""
    return {
        "sna_content_sha256": content_hash(model),
        "sna_edge_version": __version__,
        "inputs": [[a.name, a.unit, a.lower, a.upper, *([list(a.level_names)] if a.level_names else [])] for a in model.axes],
        "outputs": [[o.name, o.unit] for o in model.outputs],
        "dtypes": list(model.dtypes),
        "outside_domain": "NaN",
    }


def notes(model: Model) -> dict[str, str]:
    """One line per input and output for readers of the graph."""
    said = {a.name: a.describe() for a in model.axes}
    said |= {o.name: f"{o.name} [{o.unit or '-'}]" for o in model.outputs}
    inputs = ", ".join(a.name for a in model.axes)
    said |= {f"d_{o.name}": f"gradient of {o.name} by ({inputs}), {o.unit or '-'} per input unit" for o in model.outputs}
    return said
