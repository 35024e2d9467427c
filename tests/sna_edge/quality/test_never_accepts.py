"""Whatever a sender writes: a part is accepted only where the numbers of its own line, asked anew,
lie inside with their whole interval."""

from __future__ import annotations

import json
import os
import random
import re

import numpy as np
import pytest

from sna_edge import Model
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits

FUZZED = int(os.environ.get("SNA_FUZZED_LINES", "3000"))
LIMITS = {
    "outputs": {"width": {"LSL": 100.0, "USL": 140.0}, "depth": {"USL": 140.0}},
    "inputs": {"power": {"tolerance": 2.0}},
}
PLAIN = re.compile(r"[ \t]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*")
VALUES = ["140", "120.5", "1e2", "99.0", "98.0", "97.9", "301", "155", "260", "1_40", "null",
    "true", "NaN", "1e999", '"140"', '"1_40"',
    '"nan"', '"１４０"',
          '"140 "', '""', "[140]", '{"a": 1}', "9" * 30, "-140", "14O", "0.1", '"1,4"']  # fmt: skip
SPEEDS = ["1", "1.0", "0.5", "1.5", "1.51", '"1"', "null", '"０.９"', "0.9"]
ALLOYS = [
    '"316L"',
    '"IN718"',
    '" 316L "',
    '"316l"',
    "316",
    '"0"',
    "0",
    "1",
    "null",
    "true",
    '["316L"]',
]
KEYS = ['"power"', '"Power"', '"\\u0070ower"', '"speed"', '"alloy"', '"id"', '"x"', '"time"']


def pairs_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({k for k, _ in pairs}) == len(pairs), "a key given twice"
    return dict(pairs)


def reference(model: Model, text: bytes, edge: bool) -> bool:
    """Whether the line may be accepted, by the plainest way there is."""
    found = json.loads(text.removeprefix(b"\xef\xbb\xbf"), object_pairs_hook=pairs_once)
    numbers = {}
    for name in ("power", "speed"):
        value = found[name]
        assert not isinstance(value, bool) and (
            not isinstance(value, str) or PLAIN.fullmatch(value)
        )
        numbers[name] = float(value)
    alloy = found["alloy"]
    assert isinstance(alloy, (str, int, float)) and str(alloy).strip() in ("316L", "IN718")
    assert np.isfinite(list(numbers.values())).all()
    answer = model.evaluate({**numbers, "alloy": str(alloy).strip()}, tolerance={"power": 2.0})
    inside = (
        answer.lower[0, 0] >= 100.0 and answer.upper[0, 0] <= 140.0 and answer.value[0, 1] <= 140.0
    )
    return bool(inside and (answer.status[0] == 0 or (edge and answer.status[0] == 4)))


def composed(rng: random.Random) -> bytes:
    entries = [('"power"', rng.choice(VALUES)),
        ('"speed"', rng.choice(SPEEDS[:3] if rng.random() < 0.7 else SPEEDS)),
               ('"alloy"', rng.choice(ALLOYS[:2] if rng.random() < 0.7 else ALLOYS))]  # fmt: skip
    entries += [(rng.choice(KEYS), rng.choice(VALUES)) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    rng.shuffle(entries)
    raw = bytearray(("{" + ", ".join(f"{k}: {v}" for k, v in entries) + "}").encode())
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        raw[rng.randrange(len(raw))] = rng.randrange(32, 256)
    return bytes(raw)


@pytest.mark.parametrize("edge", ["accept", "no verdict"])
def test_what_is_accepted_is_inside_when_asked_anew(edge: str, holed: Model) -> None:
    rng = random.Random(3)
    line = Line(holed, parse_limits({**LIMITS, "edge": edge}, holed))
    texts = [composed(rng) for _ in range(FUZZED)]
    accepted = 0
    for text, answer in zip(texts, line.lines(texts), strict=True):
        if answer["verdict"] == "ACCEPT":
            accepted += 1
            assert reference(holed, text, edge == "accept"), text
    assert accepted > FUZZED / 50
