"""Another model in the middle of load: good ones, half-written ones, ones that may not judge."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from .holds import Reference, events, records
from .outcome import Outcome, closed
from .senders import HttpSender, Told
from .site import HTTP, LIMITS, Broken, Site, model, until

ROWS = "power,width\n" + "".join(f"{p},{50 + (p - 100) / 2}\n" for p in range(100, 301, 20))
GATE = 'accept_rows = "rows.csv"\ntolerance = 12\n'


def swapped(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Files of models and limits are replaced at once, or written over slowly; a bad one raises an
    alarm and never judges, a good one is told of and does."""
    site, told = Site(folder, HTTP), Told()
    (folder / "rows.csv").write_text(ROWS)
    site.config = site.config + GATE
    site.write()
    reference = Reference(site)
    site.start()
    sender, wrong = HttpSender(told, site, draw.randrange(10**6), threads=3), list[str]()
    try:
        for n in range(times):
            time.sleep(draw.uniform(0.0, 0.3))
            wrong += _changed(site, reference, draw, n)
        outcome = closed(site, told, reference, [sender], times)
    finally:
        sender.stopping.set()
        site.kill()
    outcome.faults += wrong
    return outcome


def _changed(site: Site, reference: Reference, draw: random.Random, n: int) -> list[str]:
    """What is wrong about one change."""
    kind = draw.choice(("good", "good", "slow", "limits", "bad", "bad", "bad"))
    path, event = site.folder / "line.sna", "model switched"
    if kind == "limits" and not reference.allows(path.read_bytes()):
        kind = "good"  # limits are taken together with a model that may judge
    if kind == "limits":
        path, event = site.folder / "limits.toml", "limits changed"
        data = LIMITS.replace("80", str(60 + n % 40)).encode() + f"# {n}\n".encode()
        reference.limits(data)
    elif kind == "bad":
        event, data = "alarm", _bad(site, draw)
    else:
        data = _bytes(site, 1.0 + (n % 97 + 1) / 1000.0)
        reference.allow(data)
    before = len(events(records(site.data), event))
    if kind == "slow":
        _slowly(path, data)
    else:
        (site.folder / ".new").write_bytes(data)
        os.replace(site.folder / ".new", path)
    try:
        until(lambda: len(events(records(site.data), event)) > before, event)
    except Broken:
        return [f"a {kind} change: no event {event!r} tells of it"]
    return []


def _bytes(site: Site, slope: float, name: str = "power") -> bytes:
    path = site.folder / ".made"
    model(slope, name).save(path)
    return path.read_bytes()


def _bad(site: Site, draw: random.Random) -> bytes:
    """A model that may not judge: cut, changed, with another input, far off the rows, no model."""
    good = _bytes(site, 1.0 + draw.randrange(1, 90) / 1000.0)
    kind = draw.randrange(6)
    if kind == 0:
        return good[: draw.randrange(len(good))]
    if kind == 1:
        place = draw.randrange(len(good))
        return good[:place] + bytes([good[place] ^ 1 << draw.randrange(8)]) + good[place + 1 :]
    if kind == 2:
        return _bytes(site, 1.0, "pressure")
    if kind == 3:
        return _bytes(site, draw.choice((1.3, 0.5, -1.0, 1e6)))
    if kind == 4:
        return b""
    return draw.randbytes(draw.randrange(1, 5000))


def _slowly(path: Path, data: bytes) -> None:
    """Written over in place, as a copy by hand does."""
    with open(path, "wb", buffering=0) as file:
        for start in range(0, len(data), max(len(data) // 4, 1)):
            file.write(data[start : start + max(len(data) // 4, 1)])
            time.sleep(0.05)
