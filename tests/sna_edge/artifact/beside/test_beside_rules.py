"""Rules of `sna_edge.artifact.checks.beside` in the order of FORMAT.md section 12, on files that
the writer made; every sentence of the page has its bad file in format_page."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from sna_edge import ArtifactError, from_bytes
from sna_edge.artifact import layout
from sna_edge.artifact.checks import validate

from ... import beside_models as made


@pytest.fixture(scope="module")
def data() -> bytes:
    return made.whole().to_bytes()


def rule_of(data: bytes) -> str:
    with pytest.raises(ArtifactError) as found:
        from_bytes(data, backend="numpy")
    assert "\n" not in str(found.value)
    return found.value.rule


def golden(data: bytes, companion: int, place: int, value: float) -> bytes:
    """Section 14 with a number of a companion's golden vectors replaced."""
    raw = validate(data)
    block = bytearray(raw.sections["companions"])
    inside = int(raw.companions[companion].record["file"])
    offset, size = struct.unpack_from("<II", block, inside + 64 + 16 * 8 + 4)
    struct.pack_into("<d", block, inside + offset + (place if place >= 0 else size + place), value)
    return bytes(block)


def test_a_file_with_several_faults_gets_the_name_of_the_first(data: bytes, by_hand) -> None:
    file = by_hand(data)
    faults: list[tuple[str, Callable[[], Any]]] = [
        ("golden_mismatch", lambda: file.replaced(companions=golden(data, 4, -8, 1e-3))),
        ("bad_metadata", lambda: file.replaced_json("certificate", [])),
        ("bad_golden", lambda: file.replaced(companions=golden(data, 4, 8, 1e6))),
        ("bad_readings", lambda: file.poke("readings", 8, "d", -1.0).sealed()),
        ("bad_calibration", lambda: file.poke("calibration", 8, "d", 2.0).sealed()),
        ("bad_companion", lambda: file.poke("companions", 8, "B", 9).sealed()),
        ("bad_output", lambda: file.poke("outputs", 68, "B", 7).sealed()),
        ("bad_padding", lambda: file.poke("signature", 64, "B", 1)),
        ("bad_checksum", lambda: file.poke("readings", 8, "B", 1)),
        ("bad_section_table", lambda: file.poke(None, 64 + 16 * 15 + 12, "I", 1)),
        ("bad_header", lambda: file.poke(None, 20, "H", 13)),
        ("unsupported_feature", lambda: file.poke(None, 12, "I", 20)),
    ]
    for rule, spoil in faults:
        file = spoil()
        assert rule_of(bytes(file)) == rule


def test_bytes_of_every_new_section_are_under_the_digest(data: bytes) -> None:
    raw = validate(data)
    for name in layout.BESIDE_SECTIONS:
        place = data.index(bytes(raw.sections[name]))
        for at in (place, place + len(raw.sections[name]) - 1):
            spoiled = bytearray(data)
            spoiled[at] ^= 16
            assert rule_of(bytes(spoiled)) == "bad_checksum"


@pytest.mark.parametrize("at", [12, 20, 24])
def test_a_fault_inside_a_companion_is_one_of_the_file_around_it(
    data: bytes, by_hand, at: int
) -> None:
    inside = int(validate(data).companions[0].record["file"])
    wrong = by_hand(data).poke("companions", inside + at, "B", 200).sealed()
    assert rule_of(bytes(wrong)) == "bad_companion"


def test_companions_that_share_a_file_are_refused_before_it_is_read(data: bytes, by_hand) -> None:
    """64 records that point at one large file cost no more than one."""
    own = made.function([made.axes()[0]], [made.Output("b")], 1, rank=4000)
    part = type(made.companions()[4])(3, own, (made.source(0),))
    alone = made.whole(companions=[part], calibration=None, readings=None).to_bytes()
    block = bytes(validate(alone).sections["companions"])
    record = block[8:40]
    shared = struct.pack("<II", 64, 0) + record * 64 + block[40:]
    file = by_hand(alone).replaced(companions=shared)
    start = time.process_time()
    assert rule_of(bytes(file)) == "bad_companion"
    refused = time.process_time() - start
    start = time.process_time()
    validate(alone)
    assert refused < 3 * (time.process_time() - start) + 0.1
