"""What a line sends and gets back, as JSON Schema (draft 2020-12)."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
NUMBER_OR_NONE: dict[str, Any] = {"type": ["number", "null"]}
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}
FLAG: dict[str, Any] = {"type": "boolean"}
DIGEST: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ECHOED: dict[str, Any] = {"id": {}, "part": {}, "time": {}, "timestamp": {}}
"""They come back as they were sent."""


def _of(*required: str, **properties: Any) -> dict[str, Any]:
    """An object of exactly these keys, of which some have to be there."""
    return {"type": "object", "properties": properties, "required": list(required),
            "additionalProperties": False}  # fmt: skip


def _map(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": item}


MEASURED = _map({"type": ["number", "string", "null"]})
"""{output: value}: a number in the unit of the output, or a text with a unit of its own."""
READING: dict[str, Any] = {
    "description": "One line of standard input: inputs by name, measured values, or both.",
    "type": "object",
    "properties": {
        **{name: {"type": ["string", "number"]} for name in ("id", "part")},
        "measured": MEASURED,
    },
    "additionalProperties": {"type": ["number", "string", "boolean", "null"]},
}
BECAME = _of(
    "learned", value=NUMBER, predicted=NUMBER, lower=NUMBER, upper=NUMBER, inside=FLAG,
    learned=FLAG, reason=TEXT,
    covered=_of("share", "lower", "upper", "parts", "level", share=NUMBER, lower=NUMBER,
                upper=NUMBER, parts=WHOLE, level=NUMBER),
    width={"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
)  # fmt: skip
"""What became of the measured value of one output."""
LEARNED: dict[str, Any] = {
    "measured": _map(BECAME), "alarms": {"type": "array", "items": TEXT},
}  # fmt: skip
MODEL = _of("sha256", sha256=DIGEST, version={"type": ["integer", "null"]}, signature=TEXT)
OUTPUT = _of(
    "value", "lower", "upper", "LSL", "USL", "margin", value=NUMBER_OR_NONE, lower=NUMBER_OR_NONE,
    upper=NUMBER_OR_NONE, LSL=NUMBER_OR_NONE, USL=NUMBER_OR_NONE, margin=NUMBER_OR_NONE,
    target=NUMBER, off_target=NUMBER_OR_NONE, model_value=NUMBER, p_in_spec=NUMBER_OR_NONE,
)  # fmt: skip
ACCEPTANCE = _of(
    "rule", "threshold", rule={"enum": ["accept_at", "escape"]},
    threshold={"type": ["number", "object", "null"]},
    rate=NUMBER, by={"enum": ["model", "rows", "measured parts"]},
)  # fmt: skip
"""Which probability to be inside its limits accepts a part."""
SHARES = _map(NUMBER_OR_NONE)
CONTRIBUTIONS = _of(
    "against",
    against=_of(
        reference={"const": "last accepted"}, setting={"type": ["string", "object"]}, line=WHOLE,
        **ECHOED,
    ),
    outputs=_map(_of("base", "inputs", "value", base=NUMBER_OR_NONE, inputs=SHARES,
                     value=NUMBER_OR_NONE, error=SHARES)),
    remark=TEXT, message=TEXT,
)  # fmt: skip
"""{output: {base, {input: contribution}, value}} of the model alone; the sum of the first two is
the third."""
VERDICT = _of(
    "line", "verdict", "status", "model", "limits", line=WHOLE, **ECHOED, **LEARNED,
    verdict={"enum": ["ACCEPT", "REJECT", "NO VERDICT"]}, status=TEXT, outputs=_map(OUTPUT),
    reason=TEXT, remark=TEXT, advice={"type": "object"}, reading={"type": "object"}, model=MODEL,
    limits=DIGEST, p_in_spec=NUMBER_OR_NONE, accept=ACCEPTANCE,
    in_doubt={"type": "array", "items": TEXT},
    contributions=CONTRIBUTIONS, correction=_of("sha256", "labels", sha256=DIGEST, labels=WHOLE),
)  # fmt: skip
ALONE = _of(
    "measured", "model", "limits", line=WHOLE, measured_line=WHOLE, **ECHOED, **LEARNED,
    reason=TEXT, model=MODEL, limits=DIGEST, reading=READING,
)  # fmt: skip
"""The answer to measured values that come without inputs, or in a table of their own."""
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Lines of sna-edge watch",
    "$defs": {"reading": READING, "answer": {"anyOf": [VERDICT, ALONE]}},
    "$ref": "#/$defs/answer",
}
