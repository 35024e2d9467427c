"""Times of parts: numbers, or dates as ISO 8601 writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, TypeVar

from sna_edge.quality.readings import plain_number

T = TypeVar("T")


def moment(value: Any) -> float | datetime | None:
    """A time that can be compared with others of its kind; None for none. A date without a zone is
    one of UTC.

    >>> moment("2012-07-01T06:00Z") > moment("2012-07-01"), moment(" 17.5 "), moment("noon")
    (True, 17.5, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value) if value == value else None
    text = str(value).strip()
    number = plain_number(text)
    if number == number:
        return number
    try:
        found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def in_time(parts: Sequence[tuple[Any, T]]) -> list[tuple[Any, T]]:
    """(part, what belongs to it) by time where all have one of one kind, else as they came."""
    times = [moment(part.time) for part, _ in parts]
    if None in times or len({type(t) for t in times}) > 1:
        return list(parts)
    order = sorted(range(len(parts)), key=lambda i: times[i])  # type: ignore[arg-type, return-value]
    return [parts[i] for i in order]
