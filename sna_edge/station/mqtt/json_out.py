"""Records by MQTT as JSON, at QoS 1: a record counts as sent when the broker has acknowledged it.

The message is the record with `is_historical` behind its other entries: true for one of a time
when the broker was away. A receiver knows a second delivery by `record`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..out.destination import Sent
from .broker import Connection
from .settings import MqttSettings

UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
"""What no name of a station holds, and what somebody who answers advice may have written as one:
no topic can have it, and the record would hold up all behind it."""


class JsonOut:
    """A `Destination`: the topic `settings.records` of a broker."""

    def __init__(self, name: str, settings: MqttSettings) -> None:
        self.name, self.settings = name, settings
        self._connection: Connection | None = None

    def send(self, records: Sequence[Sent]) -> int:
        """Publish those of the wanted kinds and wait until the broker has all of them. Raises
        Away."""
        if self._connection is None:
            self._connection = Connection(self.settings.broker, suffix="-out")
            self._connection.open()
        connection, handed = self._connection, []
        connection.check()
        for one in records:
            kind = one.record.get("kind", "")
            if kind in self.settings.kinds:
                handed.append(connection.publish(self._topic(one, kind), message(one), 1))
        for info in handed:
            connection.wait(info)
        return records[-1].number if records else 0

    def close(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _topic(self, one: Sent, kind: str) -> str:
        station = UNSAFE.sub("_", str(one.record.get("station") or "station")[:200])
        return self.settings.records.replace("{station}", station).replace("{kind}", kind)


def message(one: Sent) -> bytes:
    """The record, with `is_historical`."""
    mark = "true" if one.historical else "false"
    return f'{one.text.rstrip()[:-1]}, "is_historical": {mark}}}'.encode()
