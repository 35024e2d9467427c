"""Arrays as text, for JSON: to the bit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any
from zlib import compress, decompress

import numpy as np
from numpy.typing import NDArray


def packed(array: NDArray[Any]) -> str:
    """Bytes of an array, little-endian and compressed, as text."""
    return b64encode(compress(array.astype(array.dtype.newbyteorder("<")).tobytes(), 1)).decode()


def unpacked(text: str, dtype: type) -> NDArray[Any]:
    """The array of `packed`, flat."""
    little = np.dtype(dtype).newbyteorder("<")
    return np.frombuffer(decompress(b64decode(text)), little).astype(dtype)
