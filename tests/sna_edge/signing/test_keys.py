"""Key rings and private keys on disk."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sna_edge.errors import InputError
from sna_edge.signing import PublicKey, read_keys
from sna_edge.signing.keys import parsed
from sna_edge.signing.passphrase import passphrase

from .signed_files import KEY, PUBLIC

OTHER = bytes.fromhex("58" + "66" * 31)


def test_a_ring_is_the_lines_of_several_keys(tmp_path: Path) -> None:
    keys = [
        PublicKey(PUBLIC, True, True, 3, "line 3"),
        PublicKey(OTHER, models=False),
    ]
    path = tmp_path / "keys.txt"
    path.write_text("# of plant 2\n\n" + "\n".join(k.line for k in keys) + "\n")
    assert list(read_keys(path).keys.values()) == keys
    assert list(read_keys(path).keys) == [k.key_id for k in keys]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello", "no line of a key ring"),
        ("sna-ed25519", "no line of a key ring"),
        ("sna-ed25519 " + "00" * 32, "no Ed25519 key"),
        ("sna-ed25519 " + "01" + "00" * 31, "no Ed25519 key"),
        ("sna-ed25519 " + OTHER.hex()[:-1], "no Ed25519 key"),
        (f"sna-ed25519 {OTHER.hex()} everything", "'everything'"),
        (f"sna-ed25519 {OTHER.hex()} least-version=-1", "no version"),
        (f"sna-ed25519 {OTHER.hex()} least-version=", "no version"),
        (json.dumps({"sna_edge_private_key": 1}), "a private key"),
    ],
)
def test_wrong_lines(line: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parsed(line, "keys.txt, line 3")
    assert str(caught.value).startswith("keys.txt, line 3: ")


def test_rings_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    line = PublicKey(PUBLIC).line
    for text, said in ((f"{line}\n{line}\n", "line 2"), ("# none\n", "holds no key"), ("", "no")):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_keys(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text"):
        read_keys(path)
    path.write_text(line)
    path.chmod(0o664)
    with pytest.raises(InputError, match="chmod go-w"):
        read_keys(path)


def test_private_keys(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    from sna_edge.signing.private_key import opened, read_private, sealed, write_private

    path = tmp_path / "a.key"
    write_private(path, sealed(KEY, b"secret", cost=16))
    assert path.stat().st_mode & 0o777 == 0o600
    data = read_private(path)
    assert opened(data, b"secret") == KEY
    assert KEY.seed.hex() not in data.decode()
    with pytest.raises(InputError, match="does not open"):
        opened(data, b"Secret")
    with pytest.raises(InputError, match="there already"):
        write_private(path, data)
    for name in ("public", "key_id", "salt", "nonce", "n"):  # bound to what is encrypted
        found = json.loads(data)
        found[name] = 32 if name == "n" else f"{int(found[name][:2], 16) ^ 1:02x}" + found[name][2:]
        with pytest.raises(InputError, match="does not open"):
            opened(json.dumps(found).encode(), b"secret")
    for change in ({"n": 1 << 21}, {"n": 3}, {"n": "16"}, {"r": 9}, {"salt": "zz"}, {"secret": ""}):
        with pytest.raises(InputError, match="no private key"):
            opened(json.dumps({**json.loads(data), **change}).encode(), b"secret")
    for text in (b"", b"[]", b"{}", b"[" * 5000, b"\xff"):
        with pytest.raises(InputError, match="no private key"):
            opened(text, b"secret")
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        read_private(path)
    with pytest.raises(InputError, match="no private key"):
        read_private(tmp_path / "lost.key")


def test_passphrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p"
    path.write_text("se\u0301same\r\nsecond line\n", newline="")
    path.chmod(0o600)
    assert passphrase(str(path), "?") == "sésame".encode()
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        passphrase(str(path), "?")
    monkeypatch.setenv("SNA_EDGE_PASSPHRASE", "from there")
    assert passphrase(None, "?") == b"from there"
    monkeypatch.setenv("SNA_EDGE_PASSPHRASE", "")
    with pytest.raises(InputError, match="empty"):
        passphrase(None, "?")
    monkeypatch.delenv("SNA_EDGE_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(InputError, match="--passphrase-file"):
        passphrase(None, "?")
