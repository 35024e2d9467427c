"""Processes of this machine. One that is killed costs its partition, which another does again;
where the driver is killed, the others end with the partition they are at."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from sna_edge.errors import InputError

GRACE = 0.5
"""Seconds in which a worker that is told to end takes away what it has not finished."""
TRIES = 3
"""How often a partition is begun before its end is no accident."""


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Worker:
    """A process and the pipe to it; `index` is the partition it is at, -1 for none."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = get_context("spawn")  # a fork would take threads and locks of this one along
        self.pipe, other = context.Pipe()
        self.index = -1
        self.process = context.Process(target=serve, args=(other, work), daemon=True)
        self.process.start()
        other.close()

    def begin(self, index: int, task: Any) -> None:
        """Give it a partition; a process that has ended is found by `answer`."""
        self.index = index
        with suppress(OSError):
            self.pipe.send(task)

    def answer(self) -> tuple[bool, Any] | None:
        """(whether it went well, result or exception); None where the process has ended."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return None

    def stop(self) -> None:
        """Tell it to end; `end` makes sure."""
        self.process.terminate()

    def end(self, grace: float = 0.0) -> None:
        """Kill it, whatever it is at after `grace` seconds."""
        if grace:
            self.process.join(grace)
        self.process.kill()
        self.process.join()
        self.pipe.close()


def serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """In the worker: tasks until the driver has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's, which ends this one
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # by way of its `finally`s
    with suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                said = True, work(task)
            except Exception as error:
                said = False, error
            _send(pipe, said)


def _send(pipe: Connection, said: tuple[bool, Any]) -> None:
    """Exceptions that cannot travel go as their text."""
    try:
        pipe.send(said)
    except OSError:
        raise
    except Exception:
        pipe.send((False, RuntimeError(f"{type(said[1]).__name__}: {said[1]}")))


def by_processes(
    tasks: Sequence[Any], left: Sequence[int], work: Callable[[Any], Any], count: int
) -> Iterator[tuple[int, Any]]:
    """(index, result) as partitions finish; raises what `work` raised, and InputError where workers
    end TRIES times at one partition."""
    waiting, begun = list(reversed(left)), dict.fromkeys(left, 0)
    crew: list[Worker] = []
    try:
        while waiting or crew:
            while waiting and len(crew) < count:
                crew.append(Worker(work))
                _next(crew[-1], tasks, waiting, begun)
            for worker in _ready(crew):
                index, said = worker.index, worker.answer()
                if said is None:
                    _lost(worker, begun)
                    waiting.append(index)
                elif not said[0]:
                    raise said[1]
                if said is None or not waiting:
                    crew.remove(worker)
                    worker.end()
                else:
                    _next(worker, tasks, waiting, begun)
                if said is not None:
                    yield index, said[1]
    finally:
        for worker in crew:
            worker.stop()
        for worker in crew:
            worker.end(GRACE)


def _next(worker: Worker, tasks: Sequence[Any], waiting: list[int], begun: dict[int, int]) -> None:
    index = waiting.pop()
    begun[index] += 1
    worker.begin(index, tasks[index])


def _ready(crew: list[Worker]) -> list[Worker]:
    ready = wait([worker.pipe for worker in crew])
    return [worker for worker in crew if worker.pipe in ready]


def _lost(worker: Worker, begun: dict[int, int]) -> None:
    if begun[worker.index] >= TRIES:
        worker.process.join()
        raise InputError(
            f"partition {worker.index} has ended its process {TRIES} times"
            f" (exit code {worker.process.exitcode}; -9 is killed, mostly for want of memory);"
            " use fewer workers and run the same command again: what is finished in a folder is not"
            " done again"
        )
