"""Parts and measured values in the order in which they came."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Keys = NDArray[np.uint64]


@dataclass
class Label:
    """Measured values [K] of the part `key`, NaN where none, on the scales of the outputs; it came
    when `after` parts of the block had been judged."""

    after: int
    key: int
    values: list[float]


@dataclass
class Block:
    """Per part of N: `keys` [N], inputs x [N, D], and `frozen` [3, N, K]: predictions and both
    half-widths, NaN for a part without a value; `p` [N], how familiar its inputs are (NaN: nobody
    says). They are float32, so that what is kept and what is learned from are the same
    numbers."""

    keys: Keys
    x: Floats32
    frozen: Floats32
    p: Floats32
    labels: list[Label] = field(default_factory=list)

    @cached_property
    def exact(self) -> Floats:
        """`frozen` in the precision that is computed with."""
        return self.frozen.astype(float)

    def kept(self) -> dict[str, Any]:
        """As plain values and arrays."""
        return {
            "keys": self.keys,
            "x": self.x,
            "frozen": self.frozen,
            "p": self.p,
            "after": np.array([one.after for one in self.labels], np.uint32),
            "labelled": np.array([one.key for one in self.labels], np.uint64),
            "values": np.array([one.values for one in self.labels], dtype=float),
        }

    @classmethod
    def restored(cls, found: dict[str, Any]) -> Block:
        """Raises KeyError or ValueError where it is none."""
        labels = [
            Label(int(a), int(k), list(map(float, v)))
            for a, k, v in zip(found["after"], found["labelled"], found["values"], strict=True)
        ]
        block = cls(found["keys"], found["x"], found["frozen"], found["p"], labels)
        counts = (block.x.shape[:1], block.frozen.shape[1:2], block.p.shape)
        if any(count != block.keys.shape for count in counts):
            raise ValueError("block")
        return block
