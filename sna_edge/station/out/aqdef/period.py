"""When a file ends: with the shift, with the day, or after so many parts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo


def local(seconds: float, zone: tzinfo | None) -> datetime:
    """The time on the wall; `zone` None is that of the machine."""
    utc = datetime.fromtimestamp(seconds, tz=zone) if zone else datetime.fromtimestamp(seconds)
    return utc if zone else utc.astimezone()


def begin(moment: datetime, starts: Sequence[time]) -> datetime:
    """Begin of the shift in which `moment` lies; `starts` of shifts in order, (00:00) for days.

    >>> begin(datetime(2026, 3, 1, 5, 0), [time(6), time(14), time(22)])
    datetime.datetime(2026, 2, 28, 22, 0)
    """
    i = bisect_right(starts, moment.time()) - 1
    day = moment.date() - timedelta(days=i < 0)
    return datetime.combine(day, starts[i], moment.tzinfo)


def end(moment: datetime, starts: Sequence[time]) -> datetime:
    """Begin of the next shift after `moment`."""
    i = bisect_right(starts, moment.time())
    day = moment.date() + timedelta(days=i == len(starts))
    return datetime.combine(day, starts[i % len(starts)], moment.tzinfo)
