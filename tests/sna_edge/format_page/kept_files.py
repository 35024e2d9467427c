"""What the files in kept/1.1 say: the example whole, signed, and with one part of format 1.1 at a
time. A test makes them again and compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from . import example
from .packed import packed
from .plain import Exit, Whole

SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
"""The secret key of test 1 of RFC 8032: no secret."""


def signed(message: bytes) -> bytes:
    """Ed25519 by `cryptography`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(SECRET).sign(message)


def verified(message: bytes, signature: bytes) -> None:
    """Raises InvalidSignature."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Ed25519PrivateKey.from_private_bytes(SECRET).public_key().verify(signature, message)


def wholes() -> dict[str, Whole]:
    """name -> what a file says."""
    full, known = example.whole(), example.calibration()
    none = Whole(full.values, [], None, None)
    residuals = replace(known, scores=0, score=[], least_p=0.0, pairs={})
    scores = replace(known, residuals=0, quantiles=[], floors=[], correlation=[], pairs={})
    pairs = replace(scores, scores=0, score=[], least_p=0.0, pairs=known.pairs)
    pick = full.companions
    values = example.train(
        8,
        [
            (example.AXES[name], storage)
            for name, storage in zip(example.AXES, "fhbeff", strict=True)
        ],
        [2, 3, 2, 3, 2, 2],
        [Exit(0.5), Exit(0.0, 2.0, 1.0), Exit(0.25)],
    )
    return {
        "everything": full,
        "signed": full,
        "signed-alone": none,
        "nothing": none,
        "quantiles": replace(none, calibration=residuals),
        "scales": replace(none, companions=pick[:2], calibration=residuals),
        "familiarity": replace(none, companions=pick[2:4], calibration=scores),
        "classes-and-base": replace(none, companions=pick[4:]),
        "pairs": replace(none, calibration=pairs),
        "readings": replace(none, readings=full.readings),
        "train": Whole(values, pick, known, full.readings),
    }


def file(name: str, sign: Callable[[bytes], bytes] = signed) -> bytes:
    """The bytes of kept/1.1/NAME.sna; needs `cryptography` for signed ones."""
    whole = wholes()[name]
    names = dict(example.NAMES)
    if whole.readings is None:
        del names["raw_inputs"]
    if name.startswith("signed"):
        return packed(whole, names, key_id=bytes(range(1, 17)), version=7, sign=sign)
    return packed(whole, names)
