"""The signature of the kept files covers every byte but its own 64 (FORMAT.md section 11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sna_edge import from_bytes

from . import kept_files
from .packed import CONTEXT

KEPT = Path(__file__).parents[1] / "kept" / "1.1"
NAMES = ("signed", "signed-alone")


def message(data: bytes, start: int) -> bytes:
    return CONTEXT + data[:start] + data[start + 64 :]


@pytest.mark.parametrize("name", NAMES)
def test_every_byte_of_a_signed_file_is_covered(name: str, by_hand) -> None:
    wrong = pytest.importorskip("cryptography.exceptions").InvalidSignature
    data = (KEPT / f"{name}.sna").read_bytes()
    start = by_hand(data).place("signature")[0]
    signature = data[start : start + 64]
    kept_files.verified(message(data, start), signature)
    places = {*range(0, len(data), 97), *range(start + 64, start + 128), len(data) - 1}
    for place in places - set(range(start, start + 64)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(wrong):
            kept_files.verified(message(bytes(changed), start), signature)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_reader_says_of_it(name: str) -> None:
    found = from_bytes((KEPT / f"{name}.sna").read_bytes(), backend="numpy").signature
    assert found.key_id == bytes(range(1, 17)) and found.model_version == 7
    assert any(found.signature)
    for other in ("everything", "nothing"):
        model = from_bytes((KEPT / f"{other}.sna").read_bytes(), backend="numpy")
        assert model.signature is None
