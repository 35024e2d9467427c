"""A Dask cluster: partitions go to its workers, their results come back one by one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sna_edge import __version__
from sna_edge.errors import BackendError, InputError

from .work import module_of

CONNECT = 10
"""Seconds in which a scheduler answers."""
PAUSE = 0.02
"""Seconds between two looks whether a partition is back."""
AHEAD = 4
"""Partitions on their way per thread of the cluster."""


def by_cluster(
    tasks: Sequence[Any], left: Sequence[int], work: Callable[[Any], Any], address: str
) -> Iterator[tuple[int, Any]]:
    """(index, result) as partitions finish on the cluster whose scheduler is at `address`.

    Raises what `work` raised; InputError for a scheduler that does not answer, has no workers or
    goes away, and for workers that lack the work's module or have another version of it;
    BackendError without `distributed`.
    """
    distributed = _distributed()
    client = _client(distributed, address)
    try:
        _need_alike(client, work)
        yield from _answers(distributed, client, tasks, left, work, address)
    finally:
        client.close(timeout=1)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise BackendError(
            "a Dask cluster needs distributed; install it with pip install 'sna-edge[cluster]'"
        ) from None
    return distributed


def _client(distributed: Any, address: str) -> Any:
    import dask

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # errors are raised here
    try:
        _need_address(address)
        with dask.config.set({"distributed.comm.timeouts.connect": f"{CONNECT}s"}):
            client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, OverflowError, TimeoutError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({error}); start it, or correct the address"
            " (such as tcp://host:8786)"
        ) from None
    if not client.ncores():
        client.close(timeout=1)
        raise InputError(f"the Dask cluster at {address} has no workers; start some, then repeat")
    return client


def _need_address(address: str) -> None:
    """Raises ValueError for what is none: a client that is given it waits 20 s to be closed."""
    from distributed.comm import get_address_host_port

    if not address.startswith("inproc://"):
        host, port = get_address_host_port(address)
        if not host or not 0 < port < 1 << 16:
            raise ValueError("a host and a port from 1 to 65535 are needed")


def _answers(
    distributed: Any,
    client: Any,
    tasks: Sequence[Any],
    left: Sequence[int],
    work: Callable[[Any], Any],
    address: str,
) -> Iterator[tuple[int, Any]]:
    waiting = list(reversed(left))
    index: dict[Any, int] = {}
    answers = distributed.as_completed(loop=client.loop)

    def begin() -> None:
        i = waiting.pop()
        future = client.submit(work, tasks[i], pure=False, key=f"sna-edge-{id(client)}-{i}")
        index[future] = i
        answers.add(future)

    for _ in range(min(len(waiting), AHEAD * sum(client.ncores().values()))):
        begin()
    while not answers.is_empty():
        _wait(client, answers, address)
        future = next(answers)
        if future.status == "error" and not _gone(distributed, future.exception()):
            raise future.exception()
        if future.status != "finished":
            raise InputError(_away(address))
        try:
            result = future.result(timeout=CONNECT)
        except (OSError, TimeoutError, distributed.CancelledError):
            raise InputError(_away(address)) from None
        yield index.pop(future), result
        if waiting:
            begin()


def _wait(client: Any, answers: Any, address: str) -> None:
    """Until a partition is back. Raises InputError where no worker is left to answer."""
    looked = time.monotonic()
    while not answers.has_ready():
        time.sleep(PAUSE)
        if time.monotonic() - looked > CONNECT:
            if not client.ncores():
                raise InputError(_away(address))
            looked = time.monotonic()


def _need_alike(client: Any, work: Callable[[Any], Any]) -> None:
    """Raises InputError for workers that cannot import the work, by which they would end, or have
    another version of sna-edge, whose digits may be others."""
    module = module_of(work)
    asked = f"__import__({module!r}) and __import__('sna_edge').__version__"
    for worker, found in client.run(eval, asked, on_error="return").items():
        if found != __version__:
            what = f"has version {found}" if isinstance(found, str) else f"lacks it ({found})"
            raise InputError(
                f"the Dask worker {worker} needs sna-edge {__version__}, as it is here, and {what};"
                " install it there (pip install 'sna-edge[cluster]') and start the worker again"
            )


def _gone(distributed: Any, error: BaseException) -> bool:
    """Whether the cluster failed rather than the work."""
    return isinstance(error, (distributed.CancelledError, distributed.KilledWorker))


def _away(address: str) -> str:
    return (
        f"the Dask cluster at {address} went away or lost its workers; start it again and run the"
        " same command: what is finished in a folder is not done again"
    )
