"""Dask clusters whose workers lack the work, have another version, or are gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_export.partitions import cluster as ours
from sna_export.partitions import run

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=False
    ) as made:
        yield made


def tenfold(task: int) -> int:
    """Work."""
    return 10 * task


def test_workers_without_the_work_are_named(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They ended when they were given a partition, and the sweep waited for them for ever."""
    monkeypatch.setattr(tenfold, "__module__", "sna_export.of_tomorrow")
    with pytest.raises(InputError, match=r"worker \S+ needs sna-edge .* lacks it \(No module"):
        run([1, 2], tenfold, dask=cluster.scheduler_address)


def test_workers_of_another_version_are_named(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "__version__", "99.9")
    with pytest.raises(InputError, match=r"needs sna-edge 99\.9, .* and has version"):
        run([1, 2], tenfold, dask=cluster.scheduler_address)


def test_a_cluster_that_has_lost_all_workers_is_not_waited_for(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for ever."""
    monkeypatch.setattr(ours, "CONNECT", 1)

    def lose(done: int, of: int) -> None:
        if done == 1:
            cluster.scale(0)

    with pytest.raises(InputError, match=r"lost its workers"):
        run(list(range(40)), slowly, dask=cluster.scheduler_address, progress=lose)


def slowly(task: int) -> int:
    """Work that takes a while."""
    import time

    time.sleep(0.2)
    return task
