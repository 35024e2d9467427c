"""The broker is away while parts are recorded: they wait, and come as historical."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

from .followed import Followed
from .holds import Reference, events, records
from .outcome import Outcome, closed
from .senders import HttpSender, MqttSender, Reader, Sender, Told, together
from .site import HTTP, MQTT, Broken, Broker, Site, mosquitto, until

SMALL = '[records]\ncap = "1500 KB"\nwhen_full = "{}"\n'


def no_broker() -> str:
    """Why there is no broker to take away."""
    return "" if mosquitto() else "no mosquitto (sudo apt install mosquitto)"


def away(folder: Path, times: int, draw: random.Random) -> Outcome:
    """The broker ends and comes back, with what it had kept; in a third of the stations so much is
    recorded meanwhile that the cap drops the oldest, in a third that it refuses parts."""
    policy = draw.choice(("", "drop_oldest", "stop"))
    site, told = Site(folder, HTTP, MQTT, more=SMALL.format(policy) if policy else ""), Told()
    reference, wrong = Reference(site), list[str]()
    with ExitStack() as ends:
        broker = Broker(folder, site.ports["mqtt"])
        ends.callback(broker.stop)
        reader = Reader(broker.port)
        ends.callback(reader.close)
        followed = Followed(site.data) if policy == "drop_oldest" else None
        if followed is not None:
            ends.callback(followed.stop)
        ends.callback(site.kill)
        site.start()
        until(lambda: site.up("mqtt.plant"), "the door is up")
        senders: list[Sender] = [HttpSender(told, site, draw.randrange(10**6))]
        senders.append(MqttSender(told, broker.port, draw.randrange(10**6)))
        for sender in senders:
            ends.callback(sender.stopping.set)
        for _ in range(times):
            time.sleep(draw.uniform(0.1, 0.5))
            broker.stop()
            until(lambda: not site.up("mqtt.plant"), "the loss of the broker is seen")
            _recorded_meanwhile(site, told, draw, policy)
            broker.start()
            if policy != "stop":  # at the cap it takes nothing, and says so
                until(lambda: site.up("mqtt.plant"), "the door is up again")
        if policy == "stop":
            wrong += _at_cap(site, told)
        wrong += _received(site, reader, senders, policy)
        outcome = closed(site, told, reference, [], times, followed=followed)
    outcome.faults += wrong
    return outcome


def _recorded_meanwhile(site: Site, told: Told, draw: random.Random, policy: str) -> None:
    """Parts that nobody can be sent: some, or so many that they come to the cap."""
    heard = len(told.numbers) + told.refused
    time.sleep(draw.uniform(0.2, 1.5))
    until(lambda: len(told.numbers) + told.refused > heard, "a part while the broker is away")
    n = 0
    while policy and n < 4 and draw.random() < 0.8:
        n += 1
        status = together(site, told, [f"B{len(told.power)}-{i}" for i in range(300)])
        if status not in (200, 503):
            told.wrong.append(f"parts while the broker is away: {status}")


def _at_cap(site: Site, told: Told) -> list[str]:
    """At the cap nothing is acknowledged, and it is said; a higher cap lets it go on."""
    kept, wrong = records(site.data), list[str]()
    if told.refused and not events(kept, "cap reached"):
        wrong.append("parts are refused, and no event tells of the cap")
    site.write(SMALL.format("stop").replace("1500 KB", "1 GB"))
    if code := site.end():
        wrong.append(f"at its cap it ends with {code}")
    site.start()
    until(lambda: site.up("mqtt.plant"), "the door is up after a restart")
    return wrong


def _received(site: Site, reader: Reader, senders: list[Sender], policy: str) -> list[str]:
    """What the receiver has got against what was recorded."""
    for sender in senders:
        sender.stop()
    wrong = list[str]()

    def missing() -> set[int]:
        kept = records(site.data)
        there = {r["record"] for r in kept}
        return {n for n in there if n not in reader.numbers}

    try:
        until(lambda: not missing(), "the receiver has all records")
    except Broken as error:
        wrong.append(f"{error}: {len(missing())} are missing")
    kept = records(site.data)
    dropped = set[int]()
    for one in events(kept, "outbox dropped"):
        dropped |= set(range(one["first"], one["last"] + 1))
    if policy != "drop_oldest":
        holes = set(range(1, kept[-1]["record"] + 1)) - set(reader.numbers)
        if holes:
            wrong.append(f"{len(holes)} records never came, as {min(holes)}")
    first = kept[0]["record"]
    # Events of what was dropped may be dropped themselves: what is left must tell of every hole.
    holes = {n for n in range(first, kept[-1]["record"]) if n not in reader.numbers}
    if holes - dropped:
        wrong.append(f"{len(holes - dropped)} records were dropped, and no event says so")
    if not any(reader.historical.values()):
        wrong.append("nothing came as historical")
    back = "link back" in site.said() or policy == "stop"  # a restart in between tells no way back
    if "link lost" not in site.said() or not back:
        wrong.append("no event tells that the link was lost and is back")
    return wrong
