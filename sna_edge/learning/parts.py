"""Parts that were judged and may still be measured: the last ones, found by their id."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .output.told import TOLD

Floats32 = NDArray[np.float32]

ROOM, MOST = 24_000, 4096
"""Bytes of the parts of a state, and how many there are at most."""
NOBODY = 0


def key_of(identity: object) -> int:
    """Of the id of a part: text, or a whole number, which is the same part as its digits; NOBODY
    where there is none."""
    if isinstance(identity, float) and identity.is_integer():
        identity = int(identity)
    if isinstance(identity, bool) or not isinstance(identity, (str, int, float)):
        return NOBODY
    text = str(identity).strip()
    if not text:
        return NOBODY
    return (
        int.from_bytes(
            blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little"
        )
        or 1
    )


class Parts:
    """A ring of `room` parts with D inputs and K learned outputs.

    `rows` holds per part: `key`; `flags` [K]: 1 where the output was learned, 2 where the corrected
    prediction was said, 4 where factors were; inputs `x` [D]; `told` [TOLD, K], see `Told`.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        kind = [
            ("key", "<u8"),
            ("flags", "u1", (outputs,)),
            ("x", "<f4", (inputs,)),
            ("told", "<f4", (TOLD, outputs)),
        ]
        self.rows: NDArray[Any] = np.zeros(0, dtype=kind)
        self.room = int(min(max(ROOM // self.rows.itemsize, 1), MOST))
        self.rows = np.zeros(self.room, dtype=kind)
        self.next = 0
        self._place: dict[int, int] = {}

    def find(self, key: int) -> int:
        """The place of a part; -1 where it is not here (any more)."""
        return self._place.get(key, -1)

    def add(
        self, keys: NDArray[np.uint64], x: Floats32, told: Floats32, flags: NDArray[np.uint8]
    ) -> None:
        """Parts [N] that were judged, none of them twice: inputs x [N, D], `told` [N, TOLD, K],
        flags [N, K]. One that is here with other inputs gives way."""
        last = slice(-self.room, None)
        keys, x, told, flags = keys[last], x[last], told[last], flags[last]
        if not len(keys):
            return
        at = (self.next + np.arange(len(keys))) % self.room
        places = at.tolist()
        for key in self.rows["key"][at].tolist():
            self._place.pop(key, None)
        for key, place in zip(keys.tolist(), places, strict=True):
            before = self._place.get(key, -1)
            if before >= 0:
                self.rows["key"][before] = NOBODY
            self._place[key] = place
        self.rows["key"][at], self.rows["flags"][at] = keys, flags
        self.rows["x"][at], self.rows["told"][at] = x, told
        self.next = (places[-1] + 1) % self.room

    def is_new(self, key: int, x: Floats32) -> bool:
        """Whether no part with this key and these inputs is here."""
        place = self._place.get(key, -1)
        return place < 0 or not np.array_equal(self.rows["x"][place], x, equal_nan=True)

    def restored(self, rows: NDArray[Any], following: int) -> None:
        """Put back what was kept. Raises ValueError where it does not fit."""
        if rows.shape != self.rows.shape or not 0 <= following < self.room:
            raise ValueError("parts")
        self.rows, self.next = rows, following
        self._place = {int(k): i for i, k in enumerate(rows["key"]) if k != NOBODY}
