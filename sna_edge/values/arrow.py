"""Columns of Arrow, from Parquet files and frames, as lists of Python's own values."""

from __future__ import annotations

from typing import Any


def listed(column: Any) -> list[Any]:
    """The values of a column, None where there is none, the same with pandas installed and without:
    what Python's types do not hold is text, times to the nanosecond to their last digit, others as
    Arrow writes them; times of a zone that this machine does not know are in UTC.

    >>> pa = __import__("pytest").importorskip("pyarrow")
    >>> listed(pa.array([1_704_067_200_000_000_789], pa.timestamp("ns")))
    ['2024-01-01 00:00:00.000000789']
    """
    if hasattr(column, "dictionary_decode"):
        column = column.dictionary_decode()
    try:
        exact = "[ns" in str(column.type) and not column.type.num_fields
        found: list[Any] = _nanoseconds(column) if exact else column.to_pylist()
    except (KeyError, ValueError, OverflowError):
        found = _texts(column)
    return found


def _nanoseconds(column: Any) -> list[Any]:
    """A time is Python's where it is one of whole microseconds."""
    import pyarrow

    types, kind = pyarrow.types, column.type
    whole = column.cast("int64").to_pylist()
    micros = [None if ns is None else ns // 1000 for ns in whole]
    if types.is_timestamp(kind):
        coarse = pyarrow.timestamp("us", kind.tz)
    else:
        coarse = pyarrow.duration("us") if types.is_duration(kind) else pyarrow.time64("us")
    values = pyarrow.array(micros, coarse).to_pylist()
    return [
        v if not ns or not ns % 1000 else _to_last(v, ns % 1000) for v, ns in zip(values, whole)
    ]


def _to_last(value: Any, rest: int) -> str:
    """A time as text, with the nanoseconds behind its microseconds."""
    if hasattr(value, "total_seconds"):
        text = str(value)
        return f"{text if '.' in text else f'{text}.000000'}{rest:03d}"
    text = str(value) if value.microsecond else str(value.replace(microsecond=1))
    point = text.index(".")
    return f"{text[:point]}.{value.microsecond:06d}{rest:03d}{text[point + 7 :]}"


def _texts(column: Any) -> list[Any]:
    import pyarrow

    zone = getattr(column.type, "tz", None)
    if zone is not None:  # wall times of UTC
        column = column.cast(pyarrow.timestamp(column.type.unit))
    texts = column.cast("string").to_pylist()
    return [text if text is None or zone is None else f"{text}Z" for text in texts]
