"""What a campaign has come to, and how one station of it is closed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .followed import Followed
from .holds import Reference, faults, without_record
from .senders import Sender, Told
from .site import Site

SETTLED = 120.0
"""Seconds after which what others hold for the station gets no more records."""


@dataclass
class Outcome:
    """`times` something was broken, parts `acknowledged` meanwhile, what did not hold."""

    times: int = 0
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Both together."""
        self.times += other.times
        self.acknowledged += other.acknowledged
        self.faults += other.faults


Campaign = Callable[[Path, int, random.Random], Outcome]
"""(an empty folder, how often, what draws) -> what one station has gone through."""


def settle(site: Site, told: Told, followed: Followed | None = None) -> None:
    """Wait until everything that was handed over has, or had, a record, as long as that gets on."""
    left, end = without_record(site.data, told.handed, followed), time.monotonic() + SETTLED
    while left:
        if time.monotonic() > end:
            told.wrong.append(f"{len(left)} parts that were handed over wait, as {left[0]}")
            return
        time.sleep(0.1)
        before, left = len(left), without_record(site.data, left, followed)
        if len(left) < before:
            end = time.monotonic() + SETTLED


def parts_go_on(told: Told, site: Site, seconds: float = 300.0) -> None:
    """A part gets its record again, by itself; else that is wrong."""
    name, power, end = f"G{len(told.power)}", 200.0, time.monotonic() + seconds
    told.power[name] = power
    status, found = 0, None
    while time.monotonic() < end:
        status, found = site.post(part=name, power=power)
        if status == 200:
            told.heard(found)
            return
        time.sleep(0.05)
    told.wrong.append(f"parts get no records any more: {status}, {found}")


def closed(
    site: Site, told: Told, reference: Reference, senders: list[Sender], times: int, *,
    followed: Followed | None = None,
) -> Outcome:  # fmt: skip
    """The end of one station: senders stop, what was handed over is waited for, SIGTERM, checks."""
    for sender in senders:
        sender.stop()
    settle(site, told, followed)
    code = site.end()
    wrong = [f"SIGTERM: it ends with {code}"] if code else []
    wrong += faults(site, told, reference, followed)
    return Outcome(times, len(told.numbers) + len(told.handed), wrong)
