"""Parts by Sparkplug B: edge nodes of a line as a way in.

Their data come at QoS 0, as the specification wants it: nothing is acknowledged, and what they send
while the station is away is lost unless they keep it for it. An edge node does that where the
station is its primary host: `host_id`. A link that is lost takes along what the broker still had
for the station, for the session is clean, as the specification wants it, too. So a station that is
held up keeps the link: the thread of the network, which answers for it, waits for room a part of
the keepalive at a time, then lets the parts of that one message go, and counts them.
"""

from __future__ import annotations

import json
import time
from typing import Any

from ...parts import Arrival, Desk
from ..broker import Connection
from ..linked import Linked
from ..taken import Taken
from .node import REBIRTH, SPACE
from .seen import Seen, parts, rebirth
from .settings import SparkplugSettings
from .wire import Malformed

AGAIN = 2.0
"""Seconds until one edge node is asked for births again."""
PATIENCE = 0.25
"""Of the keepalive: how long a message waits for room. A broker that hears nothing for 1.5
keepalives ends the connection."""
DATA = ("NDATA", "DDATA", "NBIRTH", "DBIRTH")


class HostDoor(Linked):
    """A way in: `settings.taps` say which metrics make up a part."""

    def __init__(self, name: str, settings: SparkplugSettings, desk: Desk) -> None:
        super().__init__(f"sparkplug.{name}", settings.broker, desk)
        self.settings, self.malformed, self.rebirths, self.lost = settings, 0, 0, 0
        self._nodes: dict[tuple[str, str], Seen] = {}
        self._asked: dict[tuple[str, str], float] = {}
        self._devices = frozenset(tap.node[2] for tap in settings.taps)
        self._online = 0

    def connection(self) -> Connection:
        """With a will that says that the host application is gone."""
        self._online = round(1000.0 * time.time())
        host, will = self.settings.host_id, None
        if host:
            will = (f"{SPACE}/STATE/{host}", self._state(online=False), 1, True)
        return Connection(self.broker, suffix="-host", heard=self.quietly, will=will)

    def connected(self, connection: Connection) -> None:
        """Subscribe, say that the host application is there, ask every node for its births."""
        self._nodes.clear()
        self._asked.clear()
        wanted = dict.fromkeys(tap.node[:2] for tap in self.settings.taps)
        filters = [(f"{SPACE}/{group}/+/{node}/#", 1) for group, node in wanted]
        connection.subscribe(filters)
        if self.settings.host_id:
            topic = f"{SPACE}/STATE/{self.settings.host_id}"
            connection.wait(connection.publish(topic, self._state(online=True), 1, True))
        for group, node in wanted:
            self._ask(connection, (group, node))

    def ended(self, connection: Connection) -> None:
        """A host application that leaves says so."""
        if self.settings.host_id and not connection.gone.is_set():
            topic = f"{SPACE}/STATE/{self.settings.host_id}"
            connection.publish(topic, self._state(online=False), 1, True)

    def heard(self, connection: Connection, message: Any) -> None:
        """A message of an edge node."""
        if message.qos:
            connection.acknowledge(message)
        levels = message.topic.split("/")
        if len(levels) not in (4, 5) or levels[2].endswith("CMD") or message.retain:
            return
        _, group, kind, node, device = [*levels, ""][:5]
        seen = self._nodes.setdefault((group, node), Seen(self._devices))
        arrivals: list[Arrival] = []
        try:
            found = seen.heard(kind, device, message.payload)
            gap = seen.gap
            if kind in DATA:
                values = seen.values.get(device, {})
                birth = kind.endswith("BIRTH")
                for tap in self.settings.taps:
                    if tap.node == (group, node, device):
                        arrivals += parts(tap, found, values, birth=birth, door=self.name)
        except Malformed as error:
            self.malformed, gap = self.malformed + 1, str(error)
        if gap:
            self._ask(connection, (group, node))
        taken = Taken(arrivals, size=len(message.payload))
        if arrivals and not self.offered.put(taken, PATIENCE * self.broker.keepalive):
            self.lost += len(arrivals)

    def state(self) -> dict[str, Any]:
        """With the messages that were none, how often births were asked for, and how many parts
        found no room."""
        more = {"malformed": self.malformed, "rebirths": self.rebirths, "lost": self.lost}
        return {**super().state(), **more}

    def _ask(self, connection: Connection, node: tuple[str, str]) -> None:
        now = time.monotonic()
        if now - self._asked.get(node, -AGAIN) >= AGAIN:
            self._asked[node] = now
            self.rebirths += 1
            topic = f"{SPACE}/{node[0]}/NCMD/{node[1]}"
            connection.publish(topic, rebirth(REBIRTH), 0)

    def _state(self, *, online: bool) -> bytes:
        """Both words of a connection have the same time: an older will counts for nothing."""
        return json.dumps({"online": online, "timestamp": self._online}).encode()
