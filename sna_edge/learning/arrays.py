"""Arrays and plain values as bytes: u32 length of a JSON header, the header, the arrays one behind
the other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..values.documents import once

KIND = re.compile(r"[<|][fiub][1248]")
"""Types of arrays."""
MOST = 1e300
"""No number of a state is that large."""


def packed(values: Mapping[str, Any]) -> bytes:
    """Arrays little-endian, everything else as JSON."""
    arrays = {n: np.ascontiguousarray(v) for n, v in values.items() if isinstance(v, np.ndarray)}
    header = {
        "plain": {n: v for n, v in values.items() if n not in arrays},
        "arrays": [[n, a.dtype.str, list(a.shape)] for n, a in arrays.items()],
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + b"".join(a.tobytes() for a in arrays.values())


def alike(own: object, found: object) -> bool:
    """Whether a value that was read can stand where `own` stands: arrays of one type, equal but for
    their first length; lists of one length (those of truth values: of any); mappings of the same
    names; truth values; numbers that are finite and not absurd."""
    if isinstance(own, np.ndarray):
        if not isinstance(found, np.ndarray):
            return False
        return bool(own.dtype == found.dtype and own.shape[1:] == found.shape[1:])
    if isinstance(own, (list, tuple)):
        if not isinstance(found, (list, tuple)):
            return False
        if all(isinstance(one, bool) for one in own):
            return all(isinstance(one, bool) for one in found)
        return len(own) == len(found) and all(map(alike, own, found))
    if isinstance(own, dict):
        if not isinstance(found, dict) or own.keys() != found.keys():
            return False
        return all(alike(own[name], found[name]) for name in own)
    if isinstance(own, bool):
        return isinstance(found, bool)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return False
    return abs(found) < (MOST if isinstance(found, float) else 1 << 53)


def unpacked(data: bytes) -> dict[str, Any]:
    """What `packed` has made. Raises ValueError for anything else."""
    size = int.from_bytes(data[:4], "little")
    try:
        header = json.loads(data[4 : 4 + size], object_pairs_hook=once)
        found, at = dict(header["plain"]), 4 + size
        for name, kind, shape in header["arrays"]:
            if not KIND.fullmatch(kind):  # numpy reads whole programs out of other names
                raise ValueError("dtype")
            dtype = np.dtype(kind)
            count = int(np.prod(shape, dtype=np.int64))
            array = np.frombuffer(data, dtype, count, at)
            found[name] = array.reshape(shape).copy()
            at += count * dtype.itemsize
    except (
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        OverflowError,
    ) as error:
        raise ValueError(str(error)) from None
    return found
