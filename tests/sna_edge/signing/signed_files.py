"""A signed model and the key that signed it, without a passphrase to derive."""

from __future__ import annotations

import sna_edge
from sna_edge.signing import KeyRing, PublicKey
from sna_edge.signing.keys import key_id
from sna_edge.signing.private_key import PrivateKey
from sna_edge.signing.signer import signed

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
"""Of test 1 of RFC 8032: no secret."""
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
KEY = PrivateKey(SEED, PUBLIC)


def model(slope: float = 1.0) -> sna_edge.Model:
    """y = slope x on [0, 2]."""
    axis = sna_edge.spline_axis("x", "m", 0, 2, spans=1, degree=1)
    cp = sna_edge.CP.full([[[0.0], [2.0 * slope]]])
    return sna_edge.Model([axis], cp, [sna_edge.Output("y", "N")])


def signed_file(version: int = 7, slope: float = 1.0) -> bytes:
    """The bytes of the model as `version`; needs `cryptography`."""
    return signed(model(slope).to_bytes(), key_id(PUBLIC), version, KEY.sign)


def ring(**may: object) -> KeyRing:
    """The key ring that holds the key."""
    key = PublicKey(PUBLIC, **may)  # type: ignore[arg-type]
    return KeyRing({key.key_id: key}, "keys.txt")
