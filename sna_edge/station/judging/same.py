"""Whether a message that comes again is the same message: an id that is used for another part must
not be answered with the verdict of the first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from ...quality.echo import ECHOED
from ..parts import Answer, Arrival

PRINT = "print"
"""Of a reading, in its record."""
_encode: Callable[[Any], str] = json.JSONEncoder(
    sort_keys=True, default=str, check_circular=False
).encode
_c_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
if _c_encoder is not None:  # made once, not for each message as JSONEncoder.encode does
    _pieces = _c_encoder(
        None, str, json.encoder.encode_basestring_ascii, None, ": ", ", ", True, False, True
    )
    _encode = lambda reading: "".join(_pieces(reading, 0))  # noqa: E731


def print_of(reading: Mapping[str, Any] | str) -> str:
    """A digest of what a message says of its part: all but its id and its time.

    >>> print_of({"power": 200, "id": 7}) == print_of({"id": 8, "power": 200, "time": 12.5})
    True
    >>> print_of({"power": 200}) == print_of({"power": 201})
    False
    """
    if not isinstance(reading, str):
        reading = {name: value for name, value in reading.items() if name not in ECHOED}
    text = _encode(reading).encode(errors="surrogatepass")
    return blake2b(text, digest_size=8).hexdigest()


def is_other(arrival: Arrival, answer: Answer) -> bool:
    """Whether the record is of another message; one that holds no print counts as the same."""
    kept = json.loads(answer.text).get(PRINT)
    return isinstance(kept, str) and kept != print_of(arrival.reading)


def refused(arrival: Arrival) -> Arrival:
    """What is recorded instead of a message whose id another part has: no verdict, under an id that
    the same message gets again."""
    sentence = (
        f"another message was judged as part {arrival.part!r}, sequence {arrival.sequence}, before;"
        " give each part an id of its own, the same part a higher sequence, and send what was"
        " measured later without its inputs"
    )
    part = f"{arrival.part}~{print_of(arrival.reading)}"
    return replace(arrival, reading=sentence, part=part, sequence=0)
