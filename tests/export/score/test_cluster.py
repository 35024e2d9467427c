"""Scores on a Dask cluster whose machines work in another folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sna_edge.errors import InputError
from sna_export.score import score

from .archives import as_csv, as_parquet, parts

distributed = pytest.importorskip("distributed")
pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    here = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    try:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster:
            os.chdir(here)
            yield cluster.scheduler_address
    finally:
        os.chdir(here)


@pytest.fixture
def archive(place: Path) -> Path:
    for i in range(4):
        as_csv(place / "archive" / f"a{i}.csv", parts(30, i))
        as_parquet(place / "archive" / f"b{i}.parquet", parts(30, i))
    return place / "archive"


def test_a_cluster_gives_the_same_bytes_from_paths_of_here(
    place, job, archive, address, monkeypatch
):
    """Before, workers looked for relative paths in the folder that they were started in."""
    monkeypatch.chdir(place)
    alone = replace(job(), model="m.sna", folder="alone", limits="limits.toml")
    far = replace(alone, folder="far")
    told = [score(alone, ["archive"]), score(far, ["archive"], dask=address)]
    first, second = ({p.name: p.read_bytes() for p in Path(t.folder).iterdir()} for t in told)
    assert first == second and len(first) == 8 + 4 + 1
    assert told[0].reasons == told[1].reasons and told[1].folder.startswith("far")
    assert score(far, ["archive"]).made == 0  # what the cluster has made is known here


def test_a_cluster_with_other_files_is_told_so(place, job, archive, address):
    gone, asked = archive / "a0.csv", job()
    with pytest.raises(InputError, match=r"a0\.csv is not there; .* under the same paths"):
        score(asked, [str(archive)], dask=address, progress=lambda *_: gone.unlink(missing_ok=True))
    output = Path(asked.place) / "a1.csv"

    def take_away(done: int, of: int) -> None:
        if done == of:
            output.unlink()

    with pytest.raises(InputError, match=r"a1\.csv was written, but not here; .* same paths"):
        score(asked, [str(archive)], dask=address, progress=take_away)
