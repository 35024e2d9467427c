"""Which files the keys of a machine vouch for."""

from __future__ import annotations

import hashlib
import random
import struct
import sys
from dataclasses import replace

import pytest

import sna_edge
from sna_edge.errors import TrustError
from sna_edge.signing import KeyRing, PublicKey, examined
from sna_edge.signing.message import block
from sna_edge.signing.signer import signed

from .signed_files import KEY, PUBLIC, model, ring, signed_file

pytest.importorskip("cryptography")


@pytest.fixture(params=["cryptography", "plain Python"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "plain Python":
        monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    return str(request.param)


def refusal(data: bytes, keys: KeyRing, **more: int) -> str:
    with pytest.raises(TrustError) as caught:
        examined(data, keys, **more)
    assert ";" in str(caught.value)
    return caught.value.rule


def test_a_signed_file(either: str) -> None:
    data = signed_file()
    trust = examined(data, ring(name="line 3"))
    assert trust.signature == "verified" and trust.version == 7 and trust.key.name == "line 3"
    assert trust.sha256 == hashlib.sha256(data).hexdigest()
    plain = model().to_bytes()
    assert sna_edge.from_bytes(data).signature.model_version == 7
    assert sna_edge.from_bytes(data)(x=0.5) == sna_edge.from_bytes(plain)(x=0.5)


def test_refusals_have_a_name_each(either: str) -> None:
    data, other = signed_file(), PublicKey(bytes.fromhex("58" + "66" * 31))
    forged = bytearray(data)
    forged[-1] ^= 1
    assert refusal(model().to_bytes(), ring()) == "unsigned"
    assert refusal(bytes(forged), ring()) == "wrong_signature"
    assert refusal(data, KeyRing({other.key_id: other}, "k")) == "unknown_key"
    assert refusal(data, ring(models=False)) == "key_not_permitted"
    assert refusal(data, ring(least_version=8)) == "older_version"
    assert refusal(data, ring(), least_version=8) == "older_version"
    assert examined(data, ring(least_version=7)).signature == "verified"


def test_a_key_under_the_name_of_another_does_not_help() -> None:
    """The key id is in what is signed, and the signature is of the key that the ring gives."""
    other = PublicKey(bytes.fromhex("58" + "66" * 31))
    keys = KeyRing({PublicKey(PUBLIC).key_id: other}, "k")
    assert refusal(signed_file(), keys) == "wrong_signature"


def test_without_keys_nothing_is_refused() -> None:
    assert examined(signed_file(), None).signature == "not checked"
    assert examined(model().to_bytes(), None).signature == "unsigned"
    assert examined(b"", None).signature == "unsigned"


def test_insecure_says_what_it_overrules() -> None:
    assert examined(b"junk", ring(), insecure=True).signature == "insecure: unsigned"
    trust = examined(signed_file(), ring(least_version=8), insecure=True)
    assert trust.signature == "insecure: older_version" and trust.version == 7
    assert not trust.may_correct and trust.key is None


def test_corrections_are_a_permission() -> None:
    assert not examined(signed_file(), ring()).may_correct
    assert examined(signed_file(), ring(corrections=True)).may_correct
    assert examined(signed_file(), None).may_correct


@pytest.mark.parametrize("count", [400])
def test_every_changed_bit_is_refused(either: str, count: int) -> None:
    """Header, tables, tail, and every bit of the section of the signature."""
    data = signed_file()
    start = block(data).offset
    draw = random.Random(1)
    places = [*range(8 * start, 8 * (start + 128), 1 if either == "cryptography" else 9)]
    places += draw.sample(range(8 * len(data)), count // (1 if either == "cryptography" else 4))
    places += range(8 * len(data) - 8, 8 * len(data))
    for place in places:
        changed = bytearray(data)
        changed[place >> 3] ^= 1 << (place & 7)
        assert refusal(bytes(changed), ring()) in ("unsigned", "wrong_signature", "unknown_key")


def test_lengths_and_places_of_a_hostile_file() -> None:
    data = signed_file()
    for length in (*range(0, 300, 13), len(data) - 1):
        assert refusal(data[:length], ring()) in ("unsigned", "wrong_signature", "unknown_key")
    assert refusal(data + b"\0", ring()) == "wrong_signature"
    for value in (0, 272, 2**32 - 1, len(data) - 127):
        changed = bytearray(data)
        struct.pack_into("<I", changed, 64 + 16 * 12 + 4, value)
        with pytest.raises(TrustError):
            examined(bytes(changed), ring())


def test_nothing_is_parsed_before_it_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    path = tmp_path / "m.sna"
    changed = bytearray(signed_file())
    changed[400] ^= 1
    path.write_bytes(changed)
    keys = tmp_path / "keys.txt"
    keys.write_text(PublicKey(PUBLIC).line)
    monkeypatch.setattr("sna_edge.files.from_bytes", lambda *a, **k: pytest.fail("parsed"))
    with pytest.raises(TrustError):
        sna_edge.load(path, keys=keys)


def test_signing_again_and_with_what_stands_beside() -> None:
    once = signed_file(7)
    again = signed(once, PublicKey(PUBLIC).key_id, 8, KEY.sign)
    assert len(again) == len(once) and examined(again, ring()).version == 8
    raw = model().replace(metadata={"raw_inputs": "a key of the caller's own", "by": "me"})
    data = signed(raw.to_bytes(), PublicKey(PUBLIC).key_id, 1, KEY.sign)
    assert sna_edge.from_bytes(data).metadata == {"by": "me"}
    with pytest.raises(sna_edge.InputError, match="between 1"):
        signed(once, PublicKey(PUBLIC).key_id, 0, KEY.sign)


def test_a_ring_is_configured_by_the_environment(monkeypatch, tmp_path) -> None:
    path, keys = tmp_path / "m.sna", tmp_path / "keys.txt"
    path.write_bytes(model().to_bytes())
    keys.write_text(PublicKey(PUBLIC).line)
    monkeypatch.setenv("SNA_EDGE_KEYS", str(keys))
    with pytest.raises(TrustError, match="unsigned"):
        sna_edge.load(path)
    assert sna_edge.load(path, insecure=True)(x=1.0) == 1.0
    path.write_bytes(signed_file())
    assert sna_edge.load(path)(x=1.0) == 1.0
    assert replace(examined(signed_file(), ring()), key=None).said["version"] == 7
