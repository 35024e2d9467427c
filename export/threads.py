"""One thread for the linear algebra: the matrices are small, and the answer must not depend on the
number of cores. Pieces of work that know nothing of each other have threads of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Item = TypeVar("Item")
Done = TypeVar("Done")
THREADS = 2


def one_thread() -> AbstractContextManager[Any]:
    """Inside it BLAS and LAPACK run on the calling thread alone; callers bring their own threads
    over samples."""
    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits


def side_by_side(work: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """`work` of every item, in order, THREADS at a time; what one does must not depend on whether
    another is done. Raises what the first item in order that fails raises, once none is busy."""
    given = list(items)
    if len(given) < 2:
        return [work(item) for item in given]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, given))
