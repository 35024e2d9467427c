"""One thread for the linear algebra: the matrices are small, and the answer must not depend on the
number of cores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_thread() -> AbstractContextManager[Any]:
    """Inside it BLAS and LAPACK run on the calling thread alone; callers bring their own threads
    over samples."""
    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits
