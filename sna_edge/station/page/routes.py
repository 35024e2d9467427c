"""Addresses of the live page.

GET  /                              the page; /page/NAME its files
GET  /page/events                   server-sent events: hello, then patches
POST /page/acknowledge              {"alarm", "who", "why"}
POST /page/advice                   {"record", "station", "part", "applied", "who", "why"}
POST /page/limits                   {"station", "recipe", "output", "of", "chart", "who", "why"}
GET  /page/charts?station=&recipe=  all control charts
GET  /page/chart?station=&recipe=&output=&of=&chart=      one with its points
GET  /page/csv?station=&start=&end=&zone=&decimal=        verdicts as a table
GET  /page/capability?station=&recipe=
GET  /page/day?station=&recipe=&output=&start=&end=       seconds since 1970
GET  /page/part?part=
GET  /page/model/STATION/RECIPE     the page file of the model
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...errors import InputError
from ..charts.board import ANEW
from ..plant import Unrecorded
from ..records import History, zone_of
from .feed import Feed, now_ms
from .files import MODEL_POLICY, client, headers
from .kept import described
from .past import day, part, rows
from .sources import Sources

MOST = 16384
"""Bytes of what a person says."""
LONGEST = 86400.0 * 32
"""Seconds of one chart."""
ANYBODY = "this machine"
"""Who calls where no tokens are asked for."""
ENGINEERS = ("engineer", "admin")
"""Who may have control limits made anew."""
Said = Mapping[str, Any]


def routes(feed: Feed, sources: Sources) -> list[Route]:
    """Routes for the app of the station, which says who may use them."""
    page = Page(feed, sources)
    return [
        Route("/", page.file),
        Route("/page/me", page.me),
        Route("/page/events", page.events),
        Route("/page/acknowledge", page.acknowledge, methods=["POST"]),
        Route("/page/advice", page.advice, methods=["POST"]),
        Route("/page/limits", page.limits, methods=["POST"]),
        Route("/page/charts", page.charts),
        Route("/page/chart", page.chart),
        Route("/page/csv", page.csv),
        Route("/page/capability", page.capability),
        Route("/page/readings", page.readings),
        Route("/page/day", page.day),
        Route("/page/part", page.part),
        Route("/page/model/{station}/{recipe}", page.model),
        Route("/page/{name:path}", page.file),
    ]


class Page:
    """What the routes call."""

    def __init__(self, feed: Feed, sources: Sources) -> None:
        self.feed, self.sources = feed, sources

    async def file(self, request: Request) -> Response:
        """A file of the client."""
        found = client().get(request.path_params.get("name") or "index.html")
        if found is None:
            return refused("there is no such file of the page", 404)
        data, kind, tag = found
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers(tag=tag))
        return Response(data, media_type=kind, headers=headers(tag=tag))

    async def me(self, request: Request) -> Response:
        """Who calls, and in which role."""
        scope = request.scope
        return answer({"person": scope.get("person", ANYBODY), "role": scope.get("role", "")})

    async def events(self, request: Request) -> Response:
        """Everything, then what changes, as long as the page is open."""
        kept = headers() | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self.feed.messages(), media_type="text/event-stream", headers=kept)

    async def acknowledge(self, request: Request) -> Response:
        """A person has seen an alarm."""

        def done(said: Said) -> None:
            name, why = text(said, "alarm", 1000), text(said, "why", 1000)
            who, board = person(request, said), self.feed.board
            alarm = board.seen(name, who, now_ms(), why)
            told = {"rule": alarm.rule, "alarm": alarm.told()}
            self.sources.recorded("acknowledged", alarm.station, who, why.strip(), **told)
            board.acknowledge(alarm)

        return await self._done(request, done)

    async def advice(self, request: Request) -> Response:
        """A person has, or has not, done what was advised."""

        def done(said: Said) -> None:
            applied = said.get("applied")
            if not isinstance(applied, bool) or not isinstance(said.get("record"), int):
                raise InputError("advice is answered by its record and whether it was applied")
            self.sources.recorded(
                "advice applied" if applied else "advice not applied",
                text(said, "station", 200), person(request, said), text(said, "why", 1000),
                part=text(said, "part", 200), about=said["record"], applied=applied,
            )  # fmt: skip

        return await self._done(request, done)

    async def limits(self, request: Request) -> Response:
        """An engineer has new limits of a chart made from the next parts."""

        if request.scope.get("role", ENGINEERS[-1]) not in ENGINEERS:
            return refused("new limits are for engineers: enter with a token of that role", 403)

        def done(said: Said) -> None:
            names = ("station", "recipe", "output", "of", "chart")
            told = {name: text(said, name, 200) for name in names}
            who, why = person(request, said), text(said, "why", 1000)
            again = partial(self.feed.board.again, told["station"], told["recipe"], dict(told))
            again(now=False)
            station = told.pop("station")
            why = why or described(told)
            self.sources.recorded(ANEW, station, who, why, **told)
            again(now=True)

        return await self._done(request, done)

    async def charts(self, request: Request) -> Response:
        """All control charts of one station and recipe, without their points."""
        asked = request.query_params
        board, names = self.feed.board, (asked.get("station", ""), asked.get("recipe", ""))
        return answer({"charts": await run_in_threadpool(board.charts, *names)})

    async def chart(self, request: Request) -> Response:
        """One control chart with its last points."""
        asked, board = request.query_params, self.feed.board
        place = asked.get("station", ""), asked.get("recipe", "")
        name = asked.get("output", ""), asked.get("of", ""), asked.get("chart", "")
        found = await run_in_threadpool(board.chart, *place, name)
        return answer(found) if found else refused("there is no such chart yet", 404)

    async def csv(self, request: Request) -> Response:
        """Verdicts from `start` to before `end` as a table, a piece at a time."""
        asked, past = request.query_params, self.sources.past()
        if past is None:
            return refused("there are no records to read yet", 404)
        try:
            ends = float(asked.get("start", "")), float(asked.get("end", ""))
            if not 0.0 < ends[1] - ends[0] <= LONGEST:
                raise ValueError
            zone = asked.get("zone", "UTC")
            if zone == "local":
                zone = str(self.sources.status().get("zone") or zone)
            place = zone_of(zone)
            day = datetime.fromtimestamp(ends[0], timezone.utc).astimezone(place).date()
        except (ValueError, OverflowError):
            return refused("start and end are seconds, 32 days apart at most", 400)
        except InputError as error:
            return refused(str(error), 400)
        station = asked.get("station", "")
        made = rows(past, station, *ends, zone, asked.get("decimal", "."))
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in station) or "verdicts"
        more = {"Content-Disposition": f'attachment; filename="{name}-{day}.csv"'}
        kept = headers() | {"Cache-Control": "no-store"} | more
        return StreamingResponse(made, media_type="text/csv; charset=utf-8", headers=kept)

    async def capability(self, request: Request) -> Response:
        """Bars and figures of the last numbers of every output."""
        asked = request.query_params
        board, names = self.feed.board, (asked.get("station", ""), asked.get("recipe", ""))
        return answer(await run_in_threadpool(board.capability, *names))

    async def readings(self, request: Request) -> Response:
        """Readings of the last parts, for the page of the model."""
        asked = request.query_params
        board, names = self.feed.board, (asked.get("station", ""), asked.get("recipe", ""))
        return answer({"parts": await run_in_threadpool(board.readings, *names)})

    async def day(self, request: Request) -> Response:
        """A chart of the past, and how many parts got which verdict."""
        asked = request.query_params

        def found(past: History) -> Said:
            start, end = float(asked.get("start", "")), float(asked.get("end", ""))
            if not 0.0 < end - start <= LONGEST:
                raise ValueError
            station, recipe = asked.get("station", ""), asked.get("recipe", "")
            drawn = day(past, station, recipe, asked.get("output", ""), start, end)
            return {"chart": drawn, "counts": past.counts(station, recipe, start=start, end=end)}

        return await self._past(found)

    async def part(self, request: Request) -> Response:
        """Records of one part."""
        name = request.query_params.get("part", "")
        return await self._past(lambda past: {"records": part(past, name)})

    async def model(self, request: Request) -> Response:
        """The page file of the model of a station and recipe."""
        asked = request.path_params
        for line in self.sources.lines():
            if (line.station, line.recipe) == (asked["station"], asked["recipe"]) and line.page:
                try:
                    data = await run_in_threadpool(line.page.read_bytes)
                except OSError as error:
                    return refused(f"{line.page.name} cannot be read: {error.strerror}", 404)
                return Response(
                    data, media_type="text/html; charset=utf-8", headers=headers(MODEL_POLICY)
                )
        return refused("the configuration names no page of this model", 404)

    async def _past(self, ask: Callable[[History], Said]) -> Response:
        past = self.sources.past()
        if past is None:
            return refused("there are no records to read yet", 404)
        try:
            return answer(await run_in_threadpool(ask, past))
        except (ValueError, OverflowError):
            return refused("start and end are seconds, 32 days apart at most", 400)

    async def _done(self, request: Request, do: Callable[[Said], None]) -> Response:
        """What a person sends is JSON of this page: forms of other pages never are."""
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return refused("send application/json", 415)
        data = b""
        async for piece in request.stream():
            data += piece
            if len(data) > MOST:
                return refused("that is too long", 413)
        try:
            said = json.loads(data)
            if not isinstance(said, dict):
                raise ValueError
            await run_in_threadpool(do, said)
        except Unrecorded as error:
            return refused(str(error), 503)
        except InputError as error:
            return refused(str(error), 409)
        except (ValueError, RecursionError):
            return refused("that is no JSON object; send one", 400)
        return answer({"done": True})


def person(request: Request, said: Said) -> str:
    """Who does something: by token or certificate, with the name that was typed in."""
    known = str(request.scope.get("person", ""))
    typed = text(said, "who", 100).strip()
    if known == ANYBODY:
        known = ""
    name = f"{typed} ({known})" if known and typed and typed != known else known or typed
    if not name:
        raise InputError("give your name: it is recorded with what you do")
    return name


def text(said: Said, key: str, most: int) -> str:
    """A text of what was sent, cut to a length."""
    value = said.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"{key} is no text")
    return value[:most]


def answer(told: Said) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(told, headers=headers() | {"Cache-Control": "no-store"})


def refused(why: str, code: int) -> Response:
    """One sentence."""
    return JSONResponse({"message": why}, status_code=code, headers=headers())
