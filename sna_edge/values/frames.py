"""Tables of other libraries as named columns: pandas, polars and pyarrow frames, one row of them,
structured arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from .arrow import listed


def columns_of(data: Any) -> dict[str, Any] | None:
    """{name: column, or value of the one row}; None for what has no named columns. Raises
    InputError for a name given twice."""
    if isinstance(data, (Mapping, list, tuple)):
        return None
    if isinstance(data, (np.ndarray, np.void)):
        return {name: data[name] for name in data.dtype.names} if data.dtype.names else None
    if hasattr(data, "column_names") and hasattr(data, "to_pydict"):  # pyarrow
        return _once(data.column_names, lambda i, _: np.array(listed(data.column(i)), dtype=object))
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):  # pandas, polars
        names = list(data.columns)
        return (
            _once(names, lambda _, name: np.asarray(data[name]))
            if any(isinstance(n, str) for n in names)
            else None
        )
    if (
        hasattr(data, "index") and hasattr(data, "items") and hasattr(data, "dtype")
    ):  # one row of a frame
        pairs = list(data.items())
        named = any(isinstance(name, str) for name, _ in pairs)
        return _once([name for name, _ in pairs], lambda i, _: pairs[i][1]) if named else None
    return None


def _once(names: list[Any], column: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for i, name in enumerate(names):
        if str(name) in found or names.count(name) > 1:
            raise InputError(f"the table has two columns {str(name)!r}; rename one of them")
        found[str(name)] = column(i, name)
    return found
