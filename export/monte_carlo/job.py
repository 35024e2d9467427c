"""The job: everything that the numbers of a sweep depend on, and its partitions."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any

from .drawing import Draw, points
from .tally import Scale

BLOCK = 1 << 16
"""Samples of a leaf of the tree of sums."""
LARGEST = {"native": 256, "numpy": 8}
"""Blocks of a partition where their number is not given: a second or two of work."""
MOST = 1000
"""Partitions then."""


@dataclass(frozen=True)
class Job:
    """`artifact`: the model's bytes; a draw for each input, a scale for each output; specs:
    (output, lower, upper); `backend`: numpy or native."""

    artifact: bytes
    draws: tuple[Draw, ...]
    seed: int
    samples: int
    backend: str
    scales: tuple[Scale, ...] = ()
    specs: tuple[tuple[int, float, float], ...] = ()

    @property
    def design(self) -> str:
        """`random` or `grid`."""
        return "random" if points(self.draws) is None else "grid"

    @cached_property
    def text(self) -> str:
        """All of it as JSON."""
        return json.dumps({
            "artifact": b64encode(self.artifact).decode(),
            "draws": [draw.document() for draw in self.draws],
            "seed": self.seed, "samples": self.samples, "backend": self.backend,
            "scales": [asdict(scale) for scale in self.scales], "specs": self.specs,
        })  # fmt: skip

    @classmethod
    def of(cls, text: str) -> Job:
        """From what `text` gave."""
        told = json.loads(text)
        return cls(
            b64decode(told["artifact"]), tuple(map(Draw.of, told["draws"])), told["seed"],
            told["samples"], told["backend"], tuple(Scale(**s) for s in told["scales"]),
            tuple((k, lower, upper) for k, lower, upper in told["specs"]),
        )  # fmt: skip

    def tasks(self, partitions: int | None = None) -> list[dict[str, Any]]:
        """Runs of blocks, by default of LARGEST blocks, of more where that made too many."""
        blocks = -(-self.samples // BLOCK)
        least = -(-blocks // MOST)
        count = partitions or -(-blocks // max(LARGEST[self.backend], least))
        ends = [blocks * i // count for i in range(count + 1)]
        digest = sha256(self.text.encode()).hexdigest()
        return [{"job": digest, "blocks": [a, b]} for a, b in pairwise(ends) if a < b]
