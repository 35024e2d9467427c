"""Arrays and plain values as bytes: u32 length of a JSON header, the header, the arrays one behind
the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..values.documents import once


def packed(values: Mapping[str, Any]) -> bytes:
    """Arrays little-endian, everything else as JSON."""
    arrays = {n: np.ascontiguousarray(v) for n, v in values.items() if isinstance(v, np.ndarray)}
    header = {
        "plain": {n: v for n, v in values.items() if n not in arrays},
        "arrays": [[n, a.dtype.str, list(a.shape)] for n, a in arrays.items()],
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + b"".join(a.tobytes() for a in arrays.values())


def unpacked(data: bytes) -> dict[str, Any]:
    """What `packed` has made. Raises ValueError for anything else."""
    size = int.from_bytes(data[:4], "little")
    try:
        header = json.loads(data[4 : 4 + size], object_pairs_hook=once)
        found, at = dict(header["plain"]), 4 + size
        for name, kind, shape in header["arrays"]:
            dtype = np.dtype(kind)
            if dtype.hasobject:
                raise ValueError("dtype")
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
