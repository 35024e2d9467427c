"""The bill of materials of a kit in CycloneDX 1.5 (JSON): every file, with its SHA-256."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from .wheels import Wheel

MODEL, DATA, FILE = "machine-learning-model", "data", "file"


def bill(
    name: str, version: str, wheels: Sequence[Wheel], digests: Mapping[str, str], created: str
) -> str:
    """The document of the kit `name`: `wheels` are libraries, everything else of `digests` {path:
    SHA-256 in hex} is a model, data or a file. Equal input gives equal bytes."""
    by_path = {f"wheels/{wheel.path.name}": wheel for wheel in wheels}
    components = [
        _library(by_path[path], digest) if path in by_path else _file(path, digest)
        for path, digest in sorted(digests.items())
    ]
    content = json.dumps(components, sort_keys=True)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_OID, content)}",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "component": {"type": "application", "name": name, "version": version},
        },
        "components": components,
    }
    return json.dumps(document, indent=1) + "\n"


def _library(wheel: Wheel, digest: str) -> dict[str, Any]:
    name = wheel.name.lower().replace("_", "-")
    purl = f"pkg:pypi/{name}@{wheel.version}?file_name={wheel.path.name}"
    return {
        "type": "library",
        "bom-ref": f"wheels/{wheel.path.name}",
        "name": wheel.name,
        "version": wheel.version,
        "licenses": [{"license": {"name": wheel.licence}}],
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "properties": [{"name": "file", "value": f"wheels/{wheel.path.name}"}],
    }


def _file(path: str, digest: str) -> dict[str, Any]:
    kind = MODEL if path.endswith(".sna") else DATA if path.startswith("limits/") else FILE
    return {
        "type": kind,
        "bom-ref": path,
        "name": Path(path).name,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "properties": [{"name": "file", "value": path}],
    }
