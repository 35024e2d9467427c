"""The correction record: what is done to the predictions of a signed model, named by its digest.

The bytes that are hashed, little-endian: the 27 bytes `sna-edge correction, form 2`, the 32 bytes
of the model's SHA-256, then for each output in the order of the model its number (u32), 1 or 0 for
a correction that is used or not (u32), the factors of its half-widths below and above (f64), the
number of the input whose sensor is corrected in place of the coefficients, from 1 on, or 0 (u32),
what is added to its readings, in its unit (f64), the number of coefficients (u32) and these (f64).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .output.learned import LearnedOutput

START = b"sna-edge correction, form 2"


@dataclass(frozen=True)
class Correction:
    """`digest` of the record; `labels`, measured parts that it was learned from; `moved`, whether a
    value of the model is changed, and not only widths."""

    digest: str
    labels: int
    moved: bool

    @classmethod
    def of(cls, model: str, labels: int, outputs: Sequence[LearnedOutput]) -> Correction:
        """Of what was learned of the outputs of the model with this SHA-256."""
        digest = sha256(bytes_of(model, outputs)).hexdigest()
        return cls(digest, labels, any(one.used for one in outputs))

    @property
    def said(self) -> dict[str, Any]:
        """What a verdict carries."""
        return {"sha256": self.digest, "labels": self.labels}


def bytes_of(model: str, outputs: Sequence[LearnedOutput]) -> bytes:
    """What is hashed of what was learned of the outputs of the model with this SHA-256."""
    return START + bytes.fromhex(model) + b"".join(map(encoded, outputs))


def coefficients(one: LearnedOutput) -> list[float]:
    """theta and gain on features of unit size, mean and deviation of the measured values, what the
    level of late residuals adds, then the usual half-width and gamma of `Scale`; empty where the
    correction is not used."""
    found = one.recalibration
    if not one.used or found is None:
        return []
    scale = one.scale
    moved: list[float] = found.theta.tolist()
    moved += [found.mean, found.deviation, found.level.added, scale.usual, scale.gamma]
    return moved


def encoded(one: LearnedOutput) -> bytes:
    """One output, as it is hashed."""
    theta = coefficients(one)
    head = one.space.index, one.used, *one.factors, *one.shift, len(theta)
    return struct.pack(f"<IIddIdI{len(theta)}d", *head, *theta)
