"""Feed a recorded table into a running station over HTTP, row by row, and count its verdicts; where
values were measured, against these: accepted parts outside their limits, rejected ones inside."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ...errors import InputError
from ..arguments import add_json
from ..console import ANSWERED, NO_VALUE, emit
from ..options.stated import state, value
from ..recorded.confusion import counts, lines

HELP = "feed a recorded table into a running station, and count its verdicts"
TOGETHER = 100
"""Parts of a message where they are sent as fast as they are answered."""
PROGRESS = 5.0
"""Seconds from one line about how far it is to the next, on stderr."""
PATIENCE = 60.0
"""Seconds for which a station that takes nothing is asked again."""

OPTIONS = (
    value("table", "TABLE", "table of parts; columns are inputs"),
    value("--to", "URL", "http://127.0.0.1:8080/stations/NAME/parts of the station", required=True),
    value("--speed", "N", "parts a second; 0: as fast as they are answered (default)", type=float,
          default=0.0),
    value("--measured", "COL", "columns that are measured outputs, beside those called"
          " measured.NAME", nargs="+", default=[]),
    value("--token", "TOKEN", "who sends; by default SNA_EDGE_TOKEN", default=""),
    value("--ca", "FILE", "who vouches for https"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge replay`."""
    state(parser, OPTIONS)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Send every row, and say what became of them; returns the exit code."""
    if not 0.0 <= args.speed < float("inf"):
        raise InputError(f"--speed is {args.speed:g}; give parts a second, or 0")
    sender, found = Sender(args), Counter[tuple[str, str]]()
    start, again = time.monotonic(), 0
    told = start
    try:
        for sent, messages in enumerate(_messages(args)):
            if args.speed:
                time.sleep(max(start + sent / args.speed - time.monotonic(), 0.0))
            for record in sender.send(messages):
                found[str(record.get("verdict", "measured alone")), _truth(record)] += 1
            again += sender.again
            if (now := time.monotonic()) - told >= PROGRESS:
                told = now
                _say(f"{sum(found.values())} parts in {now - start:.0f} s")
    except KeyboardInterrupt:
        _say("stopped; what was sent until now:")
        if not found:
            raise
    seconds = time.monotonic() - start
    count = sum(found.values())
    if not count:
        raise InputError(f"{args.table} has no rows below its header; give a table with rows")
    emit(args, _told(found, count, seconds, again), _lines(found, count, seconds, again))
    valued = any(verdict in ("ACCEPT", "REJECT") for verdict, _ in found)
    return ANSWERED if valued else NO_VALUE


def _say(what: str) -> None:
    print(f"sna-edge replay: {what}", file=sys.stderr, flush=True)


def _messages(args: argparse.Namespace) -> Iterator[list[Mapping[str, Any]]]:
    """The rows as messages: one a message where a speed is kept."""
    from ...station.folder.rows import rows

    most, waiting = 1 if args.speed else TOGETHER, list[Mapping[str, Any]]()
    name = os.path.basename(args.table)
    for _, arrival in rows(args.table, name, "", "", [], None):
        if isinstance(arrival.reading, str):
            raise InputError(f"{args.table}: {arrival.reading}; correct it, or leave the row out")
        waiting.append(_message(arrival.reading, args.measured))
        if len(waiting) == most:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _message(reading: Mapping[str, Any], outputs: Sequence[str]) -> Mapping[str, Any]:
    if lost := [name for name in outputs if name not in reading]:
        raise InputError(f"the table has no column {lost[0]!r}; its columns are {list(reading)}")
    measured = {name: reading[name] for name in outputs if reading[name] is not None}
    message = {name: value for name, value in reading.items() if value is not None}
    if measured:
        message["measured"] = {**message.get("measured", {}), **measured}
    return message


class Sender:
    """One connection; `again` of the last message had records before."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._url, self._place = args.to, urlsplit(args.to)
        if self._place.scheme not in ("http", "https") or not self._place.hostname:
            raise InputError(f"--to is {args.to!r}; give http://HOST:PORT/stations/NAME/parts")
        self.again = 0
        self._headers = {"Content-Type": "application/x-ndjson"}
        if token := args.token or os.environ.get("SNA_EDGE_TOKEN", ""):
            self._headers["Authorization"] = f"Bearer {token}"
        self._tls = None
        if self._place.scheme == "https":
            self._tls = ssl.create_default_context(cafile=args.ca)
        self._client: http.client.HTTPConnection | None = None

    def send(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The records of messages, sent again until they have some: each counts once. Raises
        InputError where the station refuses them, or takes nothing for a minute."""
        body = "".join(f"{json.dumps(message)}\n" for message in messages).encode()
        end, why = time.monotonic() + PATIENCE, ""
        while time.monotonic() < end:
            try:
                status, data = self._posted(body)
            except (OSError, http.client.HTTPException) as error:
                self._client, why = None, f"{type(error).__name__}: {error}"
            else:
                if status == 200:
                    return [json.loads(line) for line in data.splitlines()]
                why = f"{status} {data.decode(errors='replace').strip()}"
                if status != 503:
                    break
            time.sleep(0.2)
        raise InputError(f"{self._url} does not take parts ({why}); see whether the station runs")

    def _posted(self, body: bytes) -> tuple[int, bytes]:
        if self._client is None:
            place, port = self._place.hostname or "", self._place.port
            self._client = (
                http.client.HTTPSConnection(place, port, timeout=60, context=self._tls)
                if self._tls
                else http.client.HTTPConnection(place, port, timeout=60)
            )
        self._client.request("POST", self._place.path, body, self._headers)
        answer = self._client.getresponse()
        self.again = int(answer.getheader("station-again") or 0)
        return answer.status, answer.read()


def _truth(record: Mapping[str, Any]) -> str:
    """What was measured of a part says: "good", "bad", or "" where nothing was."""
    told = record.get("measured") or {}
    inside = [one["in_limits"] for one in told.values() if "in_limits" in one]
    return "" if not inside else "good" if all(inside) else "bad"


def _told(
    found: Mapping[tuple[str, str], int], count: int, seconds: float, again: int
) -> dict[str, Any]:
    return {"status": "ok", "parts": count, "again": again, "seconds": seconds,
            "verdicts": counts(found)}  # fmt: skip


def _lines(
    found: Mapping[tuple[str, str], int], count: int, seconds: float, again: int
) -> list[str]:
    before = f", {again} of which had a record before" if again else ""
    return [*lines(found), "", f"{count} parts in {seconds:.1f} s{before}"]
