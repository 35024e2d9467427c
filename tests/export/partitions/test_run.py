"""Jobs in partitions: order, ledgers, killed workers and drivers, clusters."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_export.partitions import Ledger, processes, run

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of work, importable here and in the workers."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *sys.path]))
    import jobs  # type: ignore[import-not-found]

    return jobs


def numbered(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"n": n, **more} for n in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_stand_in_the_order_of_the_tasks(jobs: Any, workers: int) -> None:
    told: list[tuple[int, int]] = []
    found = run(numbered(5), jobs.square, workers=workers, progress=lambda *a: told.append(a))
    assert found == [{"square": n**2 + 0.1} for n in range(5)]
    assert told == [(n, 5) for n in range(6)]


def test_finished_partitions_are_not_done_again(jobs: Any, tmp_path: Path) -> None:
    seen, folder = tmp_path / "seen", tmp_path / "ledger"
    tasks = numbered(4, seen=str(seen))
    first = run(tasks, jobs.square, folder)
    (folder / "part-000002.json").write_text('{"task": "cut he')
    assert run(tasks, jobs.square, folder) == first
    assert seen.read_text().split() == ["0", "1", "2", "3", "2"]


def test_a_partition_that_was_changed_is_done_again(jobs: Any, tmp_path: Path) -> None:
    """A changed result of the right task was taken."""
    tasks, folder = numbered(3), tmp_path / "ledger"
    first, part = run(tasks, jobs.square, folder), folder / "part-000001.json"
    part.write_text(part.read_text().replace("1.1", "7.1"))
    assert run(tasks, jobs.square, folder) == first and "1.1" in part.read_text()


def test_workers_take_away_what_they_have_not_finished(
    jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were killed at once, which left half an output on a disk that was full."""
    monkeypatch.setattr(processes, "GRACE", 60.0)
    with pytest.raises(ValueError, match="zero is refused"):
        run(numbered(2, file=str(tmp_path / "half")), jobs.half, workers=2)
    assert not list(tmp_path.iterdir())


def test_another_job_is_not_mixed_in(jobs: Any, tmp_path: Path) -> None:
    run(numbered(3), jobs.square, tmp_path / "a")
    with pytest.raises(InputError, match="another job"):
        run(numbered(4), jobs.square, tmp_path / "a")
    with pytest.raises(InputError, match="another job"):
        run(numbered(3), jobs.refused, tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="neither empty"):
        run(numbered(3), jobs.square, tmp_path / "b")
    with pytest.raises(InputError, match="is a file"):
        run(numbered(3), jobs.square, tmp_path / "b" / "mine.txt")
    with pytest.raises(InputError, match="as JSON"):
        run([{1, 2}], jobs.square, tmp_path / "c")


def test_what_work_raises_ends_the_job_and_leaves_what_is_finished(
    jobs: Any, tmp_path: Path
) -> None:
    for workers in (1, 2):
        with pytest.raises(ValueError, match="three is refused"):
            run(numbered(6), jobs.refused, tmp_path / str(workers), workers)
        ledger = Ledger(tmp_path / str(workers), numbered(6), "jobs.refused")
        assert [ledger.get(n) for n in range(6)].count(None) < 6


def test_a_killed_worker_costs_its_partition_only(jobs: Any, tmp_path: Path) -> None:
    tasks = numbered(5, mark=str(tmp_path / "mark"))
    assert run(tasks, jobs.killed_once, workers=2) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert (tmp_path / "mark").exists()


def test_workers_that_always_die_are_one_sentence(jobs: Any) -> None:
    with pytest.raises(InputError, match=r"ended its process 3 times \(exit code -9"):
        run(numbered(3), jobs.killed_always, workers=2)


def test_a_killed_driver_is_resumed_without_counting_twice(jobs: Any, tmp_path: Path) -> None:
    seen, folder = tmp_path / "seen", tmp_path / "ledger"
    text = (
        "import jobs\nfrom sna_export.partitions import run\nif __name__ == '__main__':\n"
        f"    tasks = [{{'n': n, 'seen': {str(seen)!r}, 'pause': 0.15}} for n in range(12)]\n"
        f"    run(tasks, jobs.square, {str(folder)!r}, 2, progress=jobs.killed_at_three)\n"
    )
    script = tmp_path / "driver.py"
    script.write_text(text)
    driver = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, check=False)
    # its output has ended: so have its workers, with the partition they were at
    assert driver.returncode == -signal.SIGKILL
    finished = {int(p.stem[5:]) for p in folder.glob("part-*")}
    begun = Counter(map(int, seen.read_text().split()))
    assert len(finished) == 3
    tasks = numbered(12, seen=str(seen), pause=0.15)
    assert run(tasks, jobs.square, folder) == [{"square": n**2 + 0.1} for n in range(12)]
    after = Counter(map(int, seen.read_text().split()))
    assert all(after[n] == begun[n] for n in finished)
    assert all(after[n] == begun[n] + 1 for n in range(12) if n not in finished)


def test_bad_numbers_of_workers_and_addresses() -> None:
    with pytest.raises(InputError, match="0 workers"):
        run([1], str, workers=0)


def test_a_dask_cluster_gives_the_same(jobs: Any, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        address = cluster.scheduler_address
        found = run(numbered(20), jobs.square, tmp_path / "ledger", dask=address)
        assert found == run(numbered(20), jobs.square)
        with pytest.raises(ValueError, match="three is refused"):
            run(numbered(6), jobs.refused, dask=address)


def test_a_cluster_that_is_not_there_or_goes_away(jobs: Any, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        run([1], jobs.square, dask="tcp://127.0.0.1:9")
    begun = time.monotonic()
    for wrong in ("nonsense://x", "nonsense", "", "tcp://:8786", "tcp://127.0.0.1:99999"):
        with pytest.raises(InputError, match="no Dask scheduler answers"):
            run([1], jobs.square, dask=wrong)
    gc.collect()
    assert time.monotonic() - begun < 10  # a client of such an address waits 20 s to be closed
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True
    )
    tasks, folder = numbered(40, pause=0.1), tmp_path / "ledger"

    def close_after_three(done: int, of: int) -> None:
        if done == 3:
            cluster.close()

    with pytest.raises(InputError, match=r"went away.*not done again"):
        run(tasks, jobs.square, folder, dask=cluster.scheduler_address, progress=close_after_three)
    assert 3 <= len(list(folder.glob("part-*"))) < 40
    assert run(numbered(40, pause=0.1), jobs.square, folder, workers=2) == [
        {"square": n**2 + 0.1} for n in range(40)
    ]
