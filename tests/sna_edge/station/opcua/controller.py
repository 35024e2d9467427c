"""A controller as an asyncua server in this process, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

NODES = {"Count": 0, "Part": "", "Power": 200.0, "Speed": 7, "Width": 0.0}


class Controller:
    """Nodes `ns=2;s=NAME`, written as a controller would."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"opc.tcp://127.0.0.1:{port}"
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._server: Any = None
        self._nodes: dict[str, Any] = {}

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(120)

    def start(self, **values: Any) -> Controller:
        self.do(self._start(NODES | values))
        return self

    async def _start(self, values: dict[str, Any]) -> None:
        from asyncua import Server

        self._server = Server()
        await self._server.init()
        self._server.set_endpoint(self.url)
        await self._server.register_namespace("urn:test")
        for name, value in values.items():
            self._nodes[name] = await self._server.nodes.objects.add_variable(
                f"ns=2;s={name}", name, value
            )
        await self._server.start()

    def stop(self) -> None:
        self.do(self._server.stop())

    def made(self, part: str, count: int, **values: Any) -> None:
        """A part: its values first, then the count."""
        for name, value in {"Part": part, **values, "Count": count}.items():
            self.do(self._nodes[name].write_value(value))
