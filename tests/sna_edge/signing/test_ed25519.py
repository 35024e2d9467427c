"""Ed25519 in plain Python: the vectors of RFC 8032 section 7.1, what a checker must refuse, and
`cryptography` as the foreign witness."""

from __future__ import annotations

import random

import pytest

from sna_edge.signing.ed25519 import ORDER, P, decoded, encoded, usable, verified

VECTORS = {
    "1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
        "01cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f361"
        "3d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76"
        "0984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
}
SMALL_ORDER = [
    0, 1, P - 1,
    2707385501144840649318225287225658788936804267575313519463743609750303402022,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
]  # fmt: skip
"""y of the eight points whose multiple by 8 is the neutral one."""


def vector(name: str) -> tuple[bytes, bytes, bytes]:
    public, message, signature = map(bytes.fromhex, VECTORS[name])
    return public, message, signature


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_of_the_rfc(name: str) -> None:
    public, message, signature = vector(name)
    assert verified(public, signature, [message])
    assert verified(public, signature, [message[:1], b"", message[1:]])
    assert not verified(public, signature, [message, b"\0"])
    assert usable(public) and encoded(decoded(public)) == public


def test_another_bit_anywhere_is_refused() -> None:
    public, message, signature = vector("3")
    for place in range(0, 512, 7):
        changed = bytearray(signature)
        changed[place // 8] ^= 1 << place % 8
        assert not verified(public, bytes(changed), [message]), place
    for place in range(0, 256, 5):
        other = bytearray(public)
        other[place // 8] ^= 1 << place % 8
        assert not verified(bytes(other), signature, [message]), place


@pytest.mark.parametrize("times", [1, 2, 15])
def test_s_has_one_form(times: int) -> None:
    """S + L satisfies the equation, too: only S below L counts (RFC 8032 section 5.1.7)."""
    public, message, signature = vector("2")
    s = int.from_bytes(signature[32:], "little") + times * ORDER
    if s < 1 << 256:
        assert not verified(public, signature[:32] + s.to_bytes(32, "little"), [message])


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_lengths(length: int) -> None:
    public, message, signature = vector("2")
    assert not verified(public, (signature + signature)[:length], [message])
    assert not verified((public + public)[:length], signature, [message])


def test_points_have_one_encoding() -> None:
    for y in range(P, 1 << 255):  # 19 of them
        assert decoded(y.to_bytes(32, "little")) is None
        assert decoded((y | 1 << 255).to_bytes(32, "little")) is None
    assert decoded((1 | 1 << 255).to_bytes(32, "little")) is None  # x = 0 has no sign
    assert decoded((2).to_bytes(32, "little")) is None  # on no point
    assert decoded(bytes(31)) is None


def test_keys_that_anybody_signs_for_are_not_usable() -> None:
    neutral = (1).to_bytes(32, "little")
    forged = neutral + bytes(32)  # [0] B = neutral + [h] neutral for every message
    assert verified(neutral, forged, [b"any message"])
    points = 0
    for y in SMALL_ORDER:
        for sign in (0, 1 << 255):
            data = (y | sign).to_bytes(32, "little")
            points += decoded(data) is not None
            assert not usable(data)
    assert points == 8


def test_it_agrees_with_cryptography() -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    invalid = pytest.importorskip("cryptography.exceptions").InvalidSignature
    draw = random.Random(7)
    for i in range(60):
        key = ed25519.Ed25519PrivateKey.from_private_bytes(draw.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), draw.randbytes(i)
        signature = bytearray(key.sign(message))
        if i % 3:
            signature[draw.randrange(64)] ^= 1 << draw.randrange(8)
        try:
            key.public_key().verify(bytes(signature), message)
            expected = True
        except invalid:
            expected = False
        assert verified(public, bytes(signature), [message]) is expected
        assert expected is (i % 3 == 0)
