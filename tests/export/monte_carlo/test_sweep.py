"""Monte Carlo over models: moments, quantiles, probabilities, extremes; any partitions alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import sna_edge
from sna_edge import CP, Model, Output, spline_axis
from sna_edge.errors import InputError
from sna_export.monte_carlo import Sweep, sweep
from sna_export.monte_carlo.found import document
from sna_export.monte_carlo.job import BLOCK
from sna_export.monte_carlo.routes import NumpyRoute
from sna_export.monte_carlo.run import _job, looked
from sna_export.monte_carlo.tally import Sums

from ...model_kinds import KINDS

GIVEN = {"a": "normal(0, 1)", "b": "uniform(0, 1)"}


def area() -> Model:
    """y = a b and z = 2 a on [-8, 8] x [0, 1]."""
    axes = [
        spline_axis("a", "mm", -8.0, 8.0, spans=1, degree=1),
        spline_axis("b", "", 0.0, 1.0, spans=1, degree=1),
    ]
    tables = [[[-8.0, -8.0], [8.0, 8.0]], [[0.0, 1.0], [1.0, 1.0]]]
    cp = CP.full([np.array(t) for t in tables], np.array([[1.0, 0.0], [0.0, 2.0]]))
    return Model(axes, cp, [Output("y"), Output("z", "mm")])


def values(model: Model, count: int, given: Any = None, seed: int = 0) -> np.ndarray:
    job = looked(_job(model, given or GIVEN, count, seed, None, (), "numpy"), model)
    return NumpyRoute(model, job).values(0, count)[0]


@pytest.fixture(scope="module")
def found() -> Sweep:
    specs = [("y", -0.5, 0.5), ("z", -np.inf, 3.0)]
    return sweep(area(), GIVEN, 300_000, specs=specs, seed=3, backend="numpy")


def test_moments_are_those_of_the_samples_and_of_the_integral(found: Sweep) -> None:
    y = values(area(), 300_000, seed=3)
    for one, column in zip(found.outputs, y.T):
        assert np.isclose(one.mean, column.mean(), atol=1e-12)
        assert np.isclose(one.sd, column.std(ddof=1), rtol=1e-12)
        assert np.isclose(one.skewness, stats.skew(column), atol=1e-10)
        assert np.isclose(one.kurtosis, stats.kurtosis(column, fisher=False), rtol=1e-10)
    y_, z = found.outputs
    assert abs(z.mean) < 4 * z.mean_se and abs(z.sd - 2) < 4 * z.sd_se
    assert abs(y_.sd - 3**-0.5) < 4 * y_.sd_se and np.isclose(
        z.mean_se, 2 / 300_000**0.5, rtol=0.01
    )


def test_quantiles_lie_within_their_bin(found: Sweep) -> None:
    y = values(area(), 300_000, seed=3)
    for one, column in zip(found.outputs, y.T):
        for q in one.quantiles:
            truth = np.quantile(column, q.p, method="inverted_cdf")
            assert abs(q.value - truth) <= q.resolution + 1e-12
        assert one.counts.sum() + sum(one.outside) == 300_000
        assert (one.counts == np.histogram(column, one.edges)[0]).mean() > 0.999  # ends of bins
    for q in found.outputs[1].quantiles:
        assert abs(q.value - 2 * stats.norm.ppf(q.p)) < 5 * q.se + q.resolution


def test_probabilities_and_extremes(found: Sweep) -> None:
    y = values(area(), 300_000, seed=3)
    inside = (np.abs(y[:, 0]) <= 0.5), (y[:, 1] <= 3)
    assert found.specs[0].inside.p == inside[0].mean()
    assert found.specs[0].below.p == (y[:, 0] < -0.5).mean()
    assert found.specs[1].above.p == (~inside[1]).mean() and found.specs[1].below.p == 0
    assert found.specs[1].below.at_most is None  # there is no limit below
    assert found.in_spec is not None and found.in_spec.p == (inside[0] & inside[1]).mean()
    p = found.specs[1].above
    assert abs(p.p - stats.norm.sf(1.5)) < 4 * p.se and 0 < p.se < 1e-3
    for k, one in enumerate(found.outputs):
        order = np.argsort(y[:, k], kind="stable")
        assert [i for _, i in one.lowest] == order[:5].tolist()
        assert [v for v, _ in one.highest] == np.sort(y[:, k])[::-1][:5].tolist()
        for value, i in (*one.lowest, *one.highest):
            assert area().value(found.inputs[i])[k] == value


def told(found: Sweep) -> str:
    return json.dumps(document(found))


@pytest.mark.parametrize("kind", ["mixed axes", "cp 3 outputs"])
def test_partitions_and_workers_give_the_same_digits(kind: str) -> None:
    model = KINDS[kind]()
    given, count = {model.input_names[0]: "uniform"}, 7 * BLOCK + 1234
    first = told(sweep(model, given, count, rest="uniform", partitions=1))
    for partitions in (2, 7):
        assert told(sweep(model, given, count, rest="uniform", partitions=partitions)) == first
    assert told(sweep(model, given, count, rest="uniform", partitions=3, workers=2)) == first
    assert told(sweep(model, given, count, rest="uniform", seed=1)) != first


def test_the_tree_of_sums_does_not_see_partitions() -> None:
    rng = np.random.default_rng(0)
    leaves = rng.normal(size=(37, 2, 4)) * 10.0 ** rng.integers(-9, 9, (37, 1, 1))
    totals = []
    for cuts in ([0, 37], [0, 1, 2, 37], [0, 5, 16, 17, 36, 37]):
        whole = Sums()
        for a, b in pairwise(cuts):
            part = Sums()
            for i in range(a, b):
                part.add(0, i, leaves[i])
            for level, place, sums in part.document():
                whole.add(level, place, np.array(sums))
        totals.append(whole.total())
    assert all((t == totals[0]).all() for t in totals)
    assert np.allclose(totals[0], leaves.sum(axis=0))


def test_a_dask_cluster_gives_the_same_digits() -> None:
    distributed = pytest.importorskip("distributed")
    count = 3 * BLOCK + 5
    first = told(sweep(area(), GIVEN, count))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        address = cluster.scheduler_address
        assert told(sweep(area(), GIVEN, count, partitions=3, dask=address)) == first


def test_a_killed_sweep_goes_on_where_it_ended(tmp_path: Path) -> None:
    folder, path = tmp_path / "ledger", tmp_path / "area.sna"
    area().save(path)
    script = tmp_path / "driver.py"
    script.write_text(
        "import os, sna_edge\nfrom sna_export.monte_carlo import sweep\n"
        "def killed(done, of):\n    done < 3 or os.kill(os.getpid(), 9)\n"
        "if __name__ == '__main__':\n"
        f"    sweep(sna_edge.load({str(path)!r}), {GIVEN!r}, {40 * BLOCK}, partitions=40,"
        f" folder={str(folder)!r}, workers=2, backend='numpy', progress=killed)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script)]
    driver = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=False)
    # its output has ended: so have its workers, with the partition they were at
    assert driver.returncode == -signal.SIGKILL
    kept = {p.name: p.stat().st_mtime_ns for p in folder.glob("part-*")}
    assert len(kept) == 3
    model, told_of = sna_edge.load(path), []
    again = sweep(
        model, GIVEN, 40 * BLOCK, partitions=40, folder=folder, backend="numpy",
        progress=lambda done, of: told_of.append(done),
    )  # fmt: skip
    assert told_of[0] == len(kept) and again.samples == again.answered == 40 * BLOCK
    assert all((folder / name).stat().st_mtime_ns == kept[name] for name in kept)
    assert told(again) == told(sweep(model, GIVEN, 40 * BLOCK, backend="numpy"))
    with pytest.raises(InputError, match="another job"):
        sweep(model, GIVEN, 40 * BLOCK, partitions=40, folder=folder, seed=1, backend="numpy")


def test_samples_outside_the_domain_are_counted_and_left_out() -> None:
    found = sweep(area(), {"a": "normal(0, 8)", "b": 0.5}, 100_000, specs=[("z", -99.0, 99.0)])
    outside = found.statuses["out_of_domain"]
    assert abs(outside / 100_000 - 2 * stats.norm.sf(1)) < 0.01
    assert found.answered == 100_000 - outside == found.outputs[0].n
    assert found.specs[0].inside.p == 1.0 and abs(found.outputs[1].mean) < 0.2
    with pytest.raises(InputError, match=r"none of 1000 samples .* \(out_of_domain\)"):
        sweep(area(), {"a": 9.0, "b": 0.5}, 1000)


def test_spans_without_training_rows_are_counted() -> None:
    model = area()
    axes = (replace(model.axes[0], support=np.zeros(1, np.uint8)), model.axes[1])
    found = sweep(model.replace(axes=axes), GIVEN, 1000)
    assert found.statuses == {"edge": 1000} and found.answered == 1000


def test_one_sample_and_constants() -> None:
    one = sweep(area(), {"a": 1, "b": 0.5}, 1000).outputs[0]
    assert (one.mean, one.sd, one.lowest[0]) == (0.5, 0.0, (0.5, 0))
    assert all(abs(q.value - 0.5) <= q.resolution for q in one.quantiles)
    alone = sweep(area(), GIVEN, 1).outputs[0]
    assert (alone.n, alone.mean_se, alone.sd_se, alone.quantiles[0].se) == (1, None, None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"samples": 0}, "0 samples"),
        ({"samples": 2**49}, "give 1 to"),
        ({"seed": -1}, "seed is -1"),
        ({"specs": [("w", 0, 1)]}, "not an output"),
        ({"specs": [("y", 1, 0)]}, "give low < high"),
        ({"specs": [("y", -np.inf, np.inf)]}, "are none"),
        ({"backend": "torch"}, "no backend 'torch'"),
        ({"partitions": 0}, "0 partitions"),
        ({"workers": 0}, "0 workers"),
        ({"probabilities": [1.0]}, "between 0 and 1"),
    ],
)
def test_bad_input_is_one_sentence(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        sweep(**{"model": area(), "inputs": GIVEN, "samples": 1000, **change})


def test_numpy_serves_where_the_library_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sna_edge_native", None)
    model = sna_edge.from_bytes(KINDS["mixed axes"]().to_bytes(), "auto")
    found = sweep(model, {}, 1000, rest="uniform")
    assert document(found) == document(sweep(model, {}, 1000, rest="uniform", backend="numpy"))
    with pytest.raises(InputError, match="the compiled library is not there"):
        sweep(model, {}, 1000, rest="uniform", backend="native")
