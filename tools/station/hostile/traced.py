"""A station that says what its memory is made of: python traced.py CONFIG.toml. On SIGUSR1 it
writes memory.json beside the configuration. With TRACEMALLOC=1 also which lines hold what has grown
since the first time, which makes it three times slower."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import signal
import sys
import tempfile
import tracemalloc
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sna_edge.cli import main
from sna_edge.station import process

MB = 1 << 20
LEAST = 64
"""Entries from which on a table is told."""


class _Heap(ctypes.Structure):
    """glibc's mallinfo2."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
                     "uordblks", "fordblks", "keepcost")
    ]  # fmt: skip


def below(first: Any) -> dict[str, tuple[int, float]]:
    """{where: (entries, MB of the entries themselves)} of all tables that are reached from objects
    of the station; the largest first."""
    seen, found, waiting = set[int](), dict[str, tuple[int, float]](), deque([("", first)])
    while waiting:
        name, one = waiting.popleft()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for more, value in _inside(one):
            waiting.append((f"{name}{more}", value))
        if isinstance(one, (dict, list, set, frozenset, tuple, deque)) and len(one) >= LEAST:
            found[name] = len(one), _bytes(one, 4) / MB
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))


def _inside(one: Any) -> Iterator[tuple[str, Any]]:
    kind = type(one)
    if isinstance(one, Mapping):
        yield from ((f"[{str(key)[:20]}]", value) for key, value in list(one.items())[:LEAST])
    elif isinstance(one, (list, tuple, set, frozenset, deque)):
        yield from (("[]", value) for value in list(one)[:LEAST])
    elif callable(one) and hasattr(one, "__self__"):
        yield "", one.__self__
    elif kind.__module__.startswith(("sna_edge", "paho", "asyncua", "uvicorn", "starlette")):
        for name in dir(one):
            if not name.startswith("__") and not isinstance(getattr(kind, name, None), property):
                with suppress(Exception):
                    yield f".{name}", getattr(one, name)


def _bytes(one: Any, deep: int) -> int:
    """Bytes of a value with what lies in it."""
    size = sys.getsizeof(one)
    if not deep or isinstance(one, (str, bytes, int, float)):
        return size
    if isinstance(one, Mapping):
        return size + sum(_bytes(k, 0) + _bytes(v, deep - 1) for k, v in list(one.items()))
    if isinstance(one, (list, tuple, set, frozenset, deque)):
        return size + sum(_bytes(v, deep - 1) for v in list(one))
    held = list(gc.get_referents(one)) if type(one).__module__.startswith("sna_edge") else []
    return size + sum(_bytes(v, deep - 1) for v in held if not isinstance(v, type))


def heap() -> dict[str, float]:
    """MB: what the process has, what Python, malloc and SQLite have of it."""
    found = {"resident": _resident()}
    c = ctypes.CDLL(None)
    with suppress(AttributeError):
        c.mallinfo2.restype = _Heap
        told = c.mallinfo2()
        found |= {"malloc used": told.uordblks / MB, "malloc free": told.fordblks / MB,
                  "malloc mapped": told.hblkhd / MB}  # fmt: skip
    with suppress(OSError, AttributeError):
        sqlite = ctypes.CDLL("libsqlite3.so.0")
        sqlite.sqlite3_memory_used.restype = ctypes.c_longlong
        found["sqlite"] = sqlite.sqlite3_memory_used() / MB
    return {name: round(size, 1) for name, size in (found | _python()).items()}


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / MB


def _python() -> dict[str, float]:
    """Arenas of small objects, and what lies in them."""
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        sys._debugmallocstats()
        os.dup2(kept, 2)
        os.close(kept)
        file.seek(0)
        text = file.read().decode()
    found = {}
    for name, words in (("objects", "# bytes in allocated blocks"), ("arenas", "bytes/arena")):
        size = re.search(rf"{words} +=\s+([\d,]+)", text)
        found[name] = int(size[1].replace(",", "")) / MB if size else 0.0
    return found


def grown(before: list[tracemalloc.Snapshot]) -> list[str]:
    """Lines that hold more than at the first time."""
    if not tracemalloc.is_tracing():
        return []
    now = tracemalloc.take_snapshot()
    before.append(now)
    rows = now.compare_to(before[0], "lineno") if len(before) > 1 else now.statistics("lineno")
    del before[1:]
    return [str(row) for row in rows[:25]]


def run(config: str) -> int:
    """The station, which listens to SIGUSR1."""
    stations, before = list[Any](), list[tracemalloc.Snapshot]()
    made, target = process.Process.__init__, Path(config).with_name("memory.json")

    def init(self: Any, *given: Any, **more: Any) -> None:
        made(self, *given, **more)
        stations.append(self)

    def tell(*_: Any) -> None:
        told = {"heap": heap(), "tables": below(stations[0]), "grown": grown(before)}
        half = target.with_suffix(".half")
        half.write_text(json.dumps(told, indent=1))
        os.replace(half, target)

    process.Process.__init__ = init  # type: ignore[method-assign]
    if os.environ.get("TRACEMALLOC"):
        tracemalloc.start()
    signal.signal(signal.SIGUSR1, tell)
    return main(["station", config])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
