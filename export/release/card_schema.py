"""The keys of a model card, as JSON Schema (draft 2020-12)."""

from __future__ import annotations

from typing import Any

from .card import FORMAT, NAME

TEXT: dict[str, Any] = {"type": "string"}
TEXT_OR_NONE: dict[str, Any] = {"type": ["string", "null"]}
NUMBER: dict[str, Any] = {"type": "number"}
NUMBER_OR_NONE: dict[str, Any] = {"type": ["number", "null"]}
WHOLE: dict[str, Any] = {"type": "integer"}
WHOLE_OR_NONE: dict[str, Any] = {"type": ["integer", "null"]}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
NUMBERS: dict[str, Any] = {"type": "array", "items": NUMBER_OR_NONE}
ANY: dict[str, Any] = {}
DIGEST: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _of(none: bool = False, **properties: Any) -> dict[str, Any]:
    """An object with exactly these keys; null, too, where `none`."""
    kind = ["object", "null"] if none else "object"
    return {"type": kind, "properties": properties, "required": list(properties),
            "additionalProperties": False}  # fmt: skip


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _map(item: dict[str, Any], none: bool = False) -> dict[str, Any]:
    return {"type": ["object", "null"] if none else "object", "additionalProperties": item}


INPUT = _of(
    name=TEXT, unit=TEXT, kind={"enum": ["continuous", "periodic", "categorical"]},
    lower=NUMBER_OR_NONE, upper=NUMBER_OR_NONE, levels={"type": ["array", "null"], "items": TEXT},
)  # fmt: skip
OUTPUT = _of(
    name=TEXT, unit=TEXT, link=TEXT, reached=NUMBERS, guaranteed=NUMBERS, errors=_map(NUMBER, True),
    coverage=_of(True, level=NUMBER_OR_NONE, by_level=_map(NUMBER), by_quarter=NUMBERS,
                 mean_width=NUMBER_OR_NONE, said=TEXTS),
)  # fmt: skip
ROW = _of(row=WHOLE, inputs=_map(ANY), measured=NUMBER_OR_NONE, predicted=NUMBER_OR_NONE)
FAILURE = {
    "type": "object", "properties": {"kind": TEXT, "said": TEXT}, "required": ["kind", "said"]
}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Model card of sna-edge",
    **_of(
        schema=_of(name={"const": NAME}, version={"const": FORMAT}),
        name=TEXT,
        version=WHOLE_OR_NONE,
        created=TEXT_OR_NONE,
        intended=_of(
            use=TEXT_OR_NONE, not_for=TEXTS, owner=TEXT_OR_NONE, data=TEXT_OR_NONE,
            domain=_list(INPUT),
        ),
        model=_of(
            sha256=DIGEST, format=TEXT, bytes=WHOLE, kind=TEXT, modes=WHOLE, parameters=WHOLE,
            stored=TEXTS, signature=_of(True, key=TEXT, version=WHOLE),
        ),
        outputs=_list(OUTPUT),
        data=_of(True, table=TEXT, sha256=DIGEST, rows=WHOLE, columns=TEXTS, project=DIGEST),
        fit=_of(
            True, solver=TEXT_OR_NONE, chosen=TEXT_OR_NONE, why=TEXT_OR_NONE, effort=TEXT_OR_NONE,
            seed=WHOLE_OR_NONE, rows=WHOLE_OR_NONE,
            splits=_of(folds=TEXT_OR_NONE, confirmed_by=TEXT_OR_NONE, confirmed=ANY, held_out=ANY),
            left_out=ANY, classes=_map(ANY, True),
        ),
        refit=_map(ANY, True),
        solve=_map(ANY, True),
        failures=_of(stated=TEXTS, found=_list(FAILURE), worst_rows=_map(_list(ROW))),
        certificate=_map(ANY),
        changes=_map(ANY, True),
        made_with=_map(TEXT),
        git=_of(True, name=TEXT, dirty={"type": "boolean"}, time=WHOLE),
    ),
}  # fmt: skip
