"""keygen, sign, verify and the keys that words ask."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import sna_edge

pytest.importorskip("cryptography")


@pytest.fixture
def key(sna, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNA_EDGE_PASSPHRASE", "of a test")
    monkeypatch.setattr("sna_edge.cli.words.keygen.sealed", cheap())
    assert sna("keygen", "-o", tmp_path / "line", "--comment", "line 3").code == 0
    return tmp_path / "line.key"


def cheap():
    from sna_edge.signing.private_key import sealed

    return lambda key, passphrase: sealed(key, passphrase, cost=16)


def test_from_key_to_answer(sna, key: Path, model_file: Path, tmp_path: Path) -> None:
    ring, new = key.with_suffix(".pub"), tmp_path / "signed.sna"
    done = sna("sign", model_file, "--key", key, "--model-version", 3, "-o", new, "--json").json
    assert done["version"] == 3
    found = sna("verify", new, "--key", ring, "--json").json
    assert found["trust"] == "verified" and found["sha256"] == done["sha256"]
    assert found["signature"] == {"key": done["key"], "version": 3, "checked": True}
    assert "(line 3), version 3, signature good" in sna("info", new, "--keys", ring).out
    assert "not checked here" in sna("info", new).out
    point = ("--at", "power=200", "speed=1", "spot=A")
    assert sna("query", new, *point, "--keys", ring).code == 0


def test_refusals(sna, key: Path, model_file: Path, monkeypatch) -> None:
    ring = key.with_suffix(".pub")
    point = ("--at", "power=200", "speed=1", "spot=A")
    said = sna("query", model_file, *point, "--keys", ring, "--json")
    assert said.code == 2 and said.json["rule"] == "unsigned"
    said = sna("query", model_file, *point, "--keys", ring, "--insecure")
    assert said.code == 0 and "because of --insecure: unsigned" in said.err
    monkeypatch.setenv("SNA_EDGE_KEYS", str(ring))
    for words in (("info",), ("verify",), ("upgrade",), ("bench",), ("query", *point)):
        word, *more = words
        assert "unsigned: nobody has signed" in sna(word, model_file, *more).sentence()
    monkeypatch.setenv("SNA_EDGE_KEYS", str(ring) + ".lost")
    assert "no such file" in sna("info", model_file).sentence()


def test_versions_grow(sna, key: Path, model_file: Path, tmp_path: Path) -> None:
    assert "--model-version" in sna("sign", model_file, "--key", key).sentence()
    assert sna("sign", model_file, "--key", key, "--model-version", 5).code == 0
    assert "not larger" in sna("sign", model_file, "--key", key, "--model-version", 5).sentence()
    new = tmp_path / "new.sna"
    done = sna("sign", model_file, "--key", key, "--after", model_file, "-o", new, "--json").json
    assert done["version"] == 6 == sna_edge.load(new).signature.model_version
    assert "between 1" in sna("sign", new, "--key", key, "--model-version", 1 << 64).sentence()


def test_wrong_passphrase_and_lost_keys(sna, key: Path, model_file: Path, monkeypatch) -> None:
    before = model_file.read_bytes()
    words = ("sign", model_file, "--model-version", 1, "--key")
    monkeypatch.setenv("SNA_EDGE_PASSPHRASE", "another")
    assert "does not open" in sna(*words, key).sentence()
    assert "no private key" in sna(*words, key.with_name("lost.key")).sentence()
    assert "is a public key" in sna(*words, key.with_suffix(".pub")).sentence()
    secret = key.read_bytes()
    assert "would be lost" in sna(*words, key, "-o", key).sentence()
    assert key.read_bytes() == secret
    key.chmod(0o644)
    assert "chmod 600" in sna(*words, key).sentence()
    assert model_file.read_bytes() == before
    assert "not overwritten" in sna("keygen", "-o", key.with_suffix("")).sentence()


def test_without_cryptography(sna, model_file: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    said = sna("keygen", "-o", tmp_path / "k")
    assert said.code == 2 and "sna-edge[sign]" in said.sentence()
    assert not list(tmp_path.glob("k.*"))
