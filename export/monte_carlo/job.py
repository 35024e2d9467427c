"""The job: everything that the numbers of a sweep depend on, and its partitions."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any

from .drawing import Draw, Sobol, points
from .tally import Scale

BLOCK = 1 << 16
"""Samples of a leaf of the tree of sums, where there are so many."""
LARGEST = {"native": 256, "numpy": 8}
"""Blocks of a partition where their number is not given: a second or two of work."""
MOST = 1000
"""Partitions then."""


@dataclass(frozen=True)
class Job:
    """`artifact`: the model's bytes; a draw for each input, a scale for each output; specs:
    (output, lower, upper); `backend`: numpy or native; `directions` [D][bits] of Sobol' points, in
    `replicates` of as many samples each; whether samples are `double` or float32."""

    artifact: bytes
    draws: tuple[Draw, ...]
    seed: int
    samples: int
    backend: str
    scales: tuple[Scale, ...] = ()
    specs: tuple[tuple[int, float, float], ...] = ()
    directions: tuple[tuple[int, ...], ...] = ()
    replicates: int = 1
    double: bool = False

    @property
    def design(self) -> str:
        """`random`, `sobol` or `grid`."""
        if self.directions:
            return "sobol"
        return "random" if points(self.draws) is None else "grid"

    @property
    def points(self) -> int:
        """Samples of a replicate."""
        return self.samples // self.replicates

    @property
    def block(self) -> int:
        """Samples of a leaf."""
        return min(BLOCK, self.points)

    @property
    def top(self) -> int | None:
        """The level of the tree whose nodes are replicates; None of a single one."""
        return (self.points // self.block).bit_length() - 1 if self.replicates > 1 else None

    @property
    def sobol(self) -> Sobol | None:
        """What gives words in place of random ones."""
        return Sobol(self.directions, self.points) if self.directions else None

    @cached_property
    def text(self) -> str:
        """All of it as JSON."""
        return json.dumps({
            "artifact": b64encode(self.artifact).decode(),
            "draws": [draw.document() for draw in self.draws],
            "seed": self.seed, "samples": self.samples, "backend": self.backend,
            "scales": [asdict(scale) for scale in self.scales], "specs": self.specs,
            "directions": self.directions, "replicates": self.replicates,
            "double": self.double,
        })  # fmt: skip

    @classmethod
    def of(cls, text: str) -> Job:
        """From what `text` gave."""
        told = json.loads(text)
        return cls(
            b64decode(told["artifact"]), tuple(map(Draw.of, told["draws"])), told["seed"],
            told["samples"], told["backend"], tuple(Scale(**s) for s in told["scales"]),
            tuple((k, lower, upper) for k, lower, upper in told["specs"]),
            tuple(map(tuple, told["directions"])), told["replicates"],
            told["double"],
        )  # fmt: skip

    def tasks(self, partitions: int | None = None) -> list[dict[str, Any]]:
        """Runs of blocks, by default of LARGEST blocks, of more where that made too many."""
        blocks = -(-self.samples // self.block)
        least = -(-blocks // MOST)
        count = partitions or -(-blocks // max(LARGEST[self.backend], least))
        ends = [blocks * i // count for i in range(count + 1)]
        digest = sha256(self.text.encode()).hexdigest()
        return [{"job": digest, "blocks": [a, b]} for a, b in pairwise(ends) if a < b]
