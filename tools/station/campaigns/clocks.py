"""The clock is set back and forward, by seconds and by years: that which the process asks."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from .holds import Reference, events, records
from .outcome import Outcome, closed, parts_go_on
from .senders import HttpSender, Told
from .site import HTTP, Site, until

STEPS = (-2.0, 2.0, -3600.0, 3600.0, -86400.0 * 30, 86400.0 * 30, -86400.0 * 900, 86400.0 * 900)
KEEP = "[records]\nkeep_days = 400\n"


HOOK = """import time
path, real = {path!r}, time.time
def told():
    with open(path) as file:
        return real() + float(file.read() or 0)
time.time, time.time_ns = told, lambda: round(1e9 * told())
time.gmtime = lambda seconds=None, made=time.gmtime: made(told() if seconds is None else seconds)
"""
"""What a process of Python imports first: its clock is off by what a file says."""


def jumping(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Set the clock of the station while parts come; old records go after 400 days, and a clock
    that is wrong may take none."""
    site, told = Site(folder, HTTP, more=KEEP), Told()
    reference, offset = Reference(site), folder / "offset"
    _set(offset, 0.0)
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(HOOK.format(path=str(offset)))
    site.env = {"PYTHONPATH": os.pathsep.join([str(folder / "hook"), *sys.path[1:]])}
    site.start()
    sender, at, wrong = HttpSender(told, site, draw.randrange(10**6)), 0.0, list[str]()
    try:
        for _ in range(times):
            time.sleep(draw.uniform(0.1, 0.4))
            at = 0.0 if at and draw.random() < 0.3 else at + draw.choice(STEPS)
            _set(offset, at)
            if draw.random() < 0.2:
                site.kill()
                site.start()
            parts_go_on(told, site)
        _set(offset, at + 1234.5)  # lived through, and no other step takes it back before a look
        until(lambda: events(records(site.data), "clock jumped"), "an event of a jump")
        outcome = closed(site, told, reference, [sender], times)
    finally:
        sender.stopping.set()
        site.kill()
    outcome.faults += wrong
    return outcome


def _set(offset: Path, seconds: float) -> None:
    half = offset.with_suffix(".half")
    half.write_text(f"{seconds}")
    os.replace(half, offset)
