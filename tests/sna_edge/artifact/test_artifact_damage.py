"""Cut at every byte, every bit of the header flipped, bytes changed at random: a named refusal,
never another error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sna_edge import ArtifactError, from_bytes


@pytest.fixture(scope="module")
def data(build) -> bytes:
    axes = build.mixed_axes()
    model = build.gridded(
        build.cp(axes, seed=2, rank=3, outputs=1),
        ("float32", "float16", "int16", "int8", "float32"),
    )
    return model.to_bytes()


def refused(data: bytes) -> str:
    with pytest.raises(ArtifactError) as error:
        from_bytes(data, backend="numpy")
    return error.value.rule


def test_cut_at_every_byte(data: bytes) -> None:
    assert {refused(data[:size]) for size in range(len(data))} == {"too_short", "bad_size"}


def test_every_bit_of_header_and_section_table_flipped(data: bytes) -> None:
    for place in range(64 + 13 * 16):
        for bit in range(8):
            broken = bytearray(data)
            broken[place] ^= 1 << bit
            if place in (10, 11):  # a newer minor version is read, but the checksum knows
                assert refused(bytes(broken)) == "bad_checksum"
            else:
                refused(bytes(broken))


def test_every_byte_flipped_is_noticed(data: bytes, by_hand) -> None:
    for place in range(0, len(data), 3):
        broken = bytearray(data)
        broken[place] ^= 0x55
        refused(bytes(broken))


def test_every_byte_of_the_signature_is_zero_while_nothing_is_signed(data: bytes, by_hand) -> None:
    start, size = by_hand(data).place("signature")
    assert (start + size, size) == (len(data), 128)
    for place in range(start, len(data)):
        for value in (1, 0x80, 0xFF):
            assert refused(data[:place] + bytes([value]) + data[place + 1 :]) == "bad_padding"


def test_header_bits_flipped_under_a_new_checksum(data: bytes, by_hand) -> None:
    """With checksums made again the structure itself must be refused, or be harmless: same answer,
    or a named error."""
    for place in range(64 + 13 * 16):
        for bit in range(8):
            broken = by_hand(data)
            broken.data[place] ^= 1 << bit
            try:
                broken.sealed()
            except (IndexError, ValueError, BufferError):
                continue
            except (
                Exception
            ) as error:  # struct.error when the integrity section is said to lie outside
                assert type(error).__name__ == "error"
                continue
            quiet(bytes(broken))


def quiet(data: bytes) -> None:
    """Read or refused by name; nothing else may come out."""
    try:
        model = from_bytes(data, backend="numpy")
    except ArtifactError:
        return
    assert np.isfinite(
        model.value(np.array([[a.lower for a in model.axes]]), level_index=True)
    ).all()


def test_axis_and_output_bytes_changed_under_a_new_checksum(data: bytes, by_hand) -> None:
    for section in ("axes", "spans", "interaction", "outputs", "golden"):
        offset, size = by_hand(data).place(section)
        for place in range(offset, offset + min(size, 240)):
            for value in (0xFF, data[place] ^ 0x01):
                broken = by_hand(data)
                broken.data[place] = value
                quiet(bytes(broken.sealed()))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_random_bytes_changed_under_a_new_checksum(
    data: bytes, by_hand, changes: list[tuple[int, int]]
) -> None:
    broken = by_hand(data)
    limit = broken.place("integrity")[0]
    for place, value in changes:
        broken.data[272 + place % (limit - 272)] = value
    quiet(bytes(broken.sealed()))


@settings(max_examples=200)
@given(st.binary(max_size=600))
def test_noise_is_refused(data: bytes, noise: bytes) -> None:
    refused(noise)
    refused(data[:64] + noise)
