"""The private key of a signer: a file of JSON, mode 0600, its 32 secret bytes encrypted under a
passphrase (scrypt, then ChaCha20-Poly1305 over everything else in the file). Needs `cryptography`.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

from ..errors import InputError
from ..values.documents import once
from .keys import KIND, key_id

FORMAT = 1
MARK = "sna_edge_private_key"
COST, MOST_COST = 1 << 16, 1 << 20
"""scrypt n: 64 MiB of memory a guess; what a file may ask for at most."""
BLOCK, LANES = 8, 1
LARGEST = 1 << 16


@dataclass(frozen=True)
class PrivateKey:
    """The seed of an Ed25519 key [32] and its public key [32]."""

    seed: bytes
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """The signature of a message [64]."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        found: bytes = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        return found


def new_key() -> PrivateKey:
    """A key that nobody has had before."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    made = Ed25519PrivateKey.generate()
    return PrivateKey(made.private_bytes_raw(), made.public_key().public_bytes_raw())


def sealed(key: PrivateKey, passphrase: bytes, cost: int = COST) -> bytes:
    """The file of a key."""
    salt, nonce = os.urandom(16), os.urandom(12)
    head = {
        MARK: FORMAT,
        "key_id": key_id(key.public).hex(),
        "public": key.public.hex(),
        "kdf": "scrypt",
        "n": cost,
        "r": BLOCK,
        "p": LANES,
        "salt": salt.hex(),
        "cipher": "chacha20-poly1305",
        "nonce": nonce.hex(),
    }
    secret = _cipher(passphrase, salt, cost).encrypt(nonce, key.seed, _bound(head))
    return (json.dumps({**head, "secret": secret.hex()}, indent=1) + "\n").encode()


def opened(data: bytes, passphrase: bytes, name: str = "the key") -> PrivateKey:
    """The key in the bytes of a file. Raises InputError for a wrong passphrase and for what is no
    key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    head, salt, nonce, secret = _read(data, name)
    try:
        seed = _cipher(passphrase, salt, head["n"]).decrypt(nonce, secret, _bound(head))
    except InvalidTag:
        raise InputError(
            f"the passphrase does not open {name}; try another: a key whose passphrase is lost"
            " cannot be used any more, make a new one with sna-edge keygen"
        ) from None
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return PrivateKey(seed, public)


def _read(data: bytes, name: str) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    """What is not secret, salt, nonce and the encrypted seed."""
    try:
        found = json.loads(data, object_pairs_hook=once)
        secret = bytes.fromhex(found.pop("secret"))
        salt, nonce = bytes.fromhex(found["salt"]), bytes.fromhex(found["nonce"])
        cost = found["n"]
        good = found[MARK] == FORMAT and isinstance(cost, int) and 2 <= cost <= MOST_COST
        good = good and cost & (cost - 1) == 0 and (found["r"], found["p"]) == (BLOCK, LANES)
        good = good and (len(salt), len(nonce), len(secret)) == (16, 12, 48)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        good = False
    if not good:
        raise InputError(f"{name} is no private key; give the .key file of sna-edge keygen")
    return found, salt, nonce, secret


def read_private(path: str | PathLike[str]) -> bytes:
    """The bytes of a private key. Raises InputError where it is not there, and where others than
    its owner may read it."""
    name = fspath(path)
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(LARGEST)
    except FileNotFoundError:
        raise InputError(
            f"there is no private key {name}; give the .key file of sna-edge keygen, or make a new"
            " key and put its .pub line into the key rings of your devices"
        ) from None
    if data.startswith(KIND.encode()):
        raise InputError(f"{name} is a public key; sign with the .key file beside it")
    need_private(name, mode)
    return data


def need_private(name: str, mode: int) -> None:
    """Raises InputError where others than its owner may read or change a regular file."""
    if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(
            f"others than its owner may read {name} (mode {stat.S_IMODE(mode):04o}); run chmod 600"
            f" {name}"
        )


def write_private(path: str | PathLike[str], data: bytes) -> None:
    """A new file, mode 0600. Raises InputError where one is there already: a key is not
    overwritten."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(
            f"{fspath(path)} is there already, and a key is not overwritten; choose another name"
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _bound(head: dict[str, Any]) -> bytes:
    """What the cipher vouches for beside the seed."""
    return json.dumps(head, sort_keys=True).encode()


def _cipher(passphrase: bytes, salt: bytes, cost: int) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    made = Scrypt(salt=salt, length=32, n=cost, r=BLOCK, p=LANES).derive(passphrase)
    return ChaCha20Poly1305(made)
