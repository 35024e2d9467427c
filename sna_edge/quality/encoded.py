"""Answers as the text of JSON, quickly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

_encoder = json.JSONEncoder(allow_nan=False, check_circular=False)
_c_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
if _c_encoder is not None:  # made once, not per line as JSONEncoder.encode does
    _c_encoder = _c_encoder(
        None,
        _encoder.default,
        json.encoder.encode_basestring_ascii,
        None,
        ": ",
        ", ",
        False,
        False,
        False,
    )


def encoded(answer: Mapping[str, Any]) -> str:
    """One line in ASCII; null for a number that is not finite.

    >>> encoded({"verdict": "ACCEPT", "margin": float("inf")})
    '{"verdict": "ACCEPT", "margin": null}'
    """
    try:
        return "".join(_c_encoder(answer, 0)) if _c_encoder is not None else _encoder.encode(answer)
    except ValueError:  # an interval that overflowed
        return json.dumps(_finite(answer), ensure_ascii=True, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def quotable(lines: bytes) -> bool:
    """Whether lines that were read as objects can stand in others as they are."""
    ends = b"\r" in lines
    return lines.isascii() and not ends and b"NaN" not in lines and b"Infinity" not in lines
