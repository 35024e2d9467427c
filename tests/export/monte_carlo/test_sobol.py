"""Sobol' points in place of random words: scipy's sequence under a shift, any partitions alike, and
means that err less."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, qmc

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.errors import InputError
from sna_export.monte_carlo import Probability, sweep
from sna_export.monte_carlo.drawing import Sobol, directions_of
from sna_export.monte_carlo.found import document
from sna_export.monte_carlo.job import BLOCK, Job
from sna_export.monte_carlo.routes import NumpyRoute
from sna_export.monte_carlo.run import _job, looked

GIVEN = {"a": "normal(0, 1)", "b": "uniform(0, 1)", "c": "triangular(0, 0.2, 1)", "d": 0.5}


def model() -> Model:
    """y = exp-like products of four inputs on [-8, 8] and [0, 1]."""
    axes = [
        spline_axis(name, "", *((-8.0, 8.0) if name == "a" else (0.0, 1.0)), spans=4)
        for name in GIVEN
    ]
    rng = np.random.default_rng(3)
    tables = [1.0 + rng.normal(size=(axis.basis.n_rows, 3)) for axis in axes]
    return Model(axes, CP.full(tables, rng.normal(size=(3, 2))), [Output("y"), Output("z")])


def shifted(word: int, count: int, dimensions: int, place: int) -> np.ndarray:
    """What is left of a word where scipy's sequence is taken off: the shift."""
    own = Sobol(directions_of(list(range(0, 2 * dimensions, 2)), 20, count), count)
    sequence = qmc.Sobol(dimensions, scramble=False, bits=32).random(count)[:, place]
    return own.words(0, count, word, 5) ^ np.ldexp(sequence, 32).astype(np.uint32)


def test_words_are_those_of_scipy_under_one_shift() -> None:
    shifts = [shifted(2 * place, 4096, 9, place) for place in range(9)]
    assert all(len(set(s.tolist())) == 1 for s in shifts)
    assert len({int(s[0]) for s in shifts}) == 9


def test_words_hang_on_place_replicate_and_seed() -> None:
    sobol = Sobol(directions_of([0, 1], 2, 64), 64)
    whole = sobol.words(0, 192, 1, 5)
    assert (sobol.words(60, 70, 1, 5) == whole[60:130]).all()
    apart = [whole[64 * r : 64 * r + 64] ^ whole[:64] for r in (1, 2)]
    apart.append(sobol.words(0, 64, 1, 6) ^ whole[:64])
    shifts = [set(a.tolist()) for a in apart]
    assert all(len(s) == 1 for s in shifts) and len({0}.union(*shifts)) == 4


def test_every_interval_of_a_power_of_two_has_one_point() -> None:
    sobol = Sobol(directions_of([0, 1, 2], 3, 1024), 1024)
    for word in range(3):
        assert sorted(sobol.words(0, 1024, word, 9) >> 22) == list(range(1024))


def told(count: int, **how: Any) -> str:
    found = sweep(model(), GIVEN, count, design="sobol", specs=[("y", -1.0, 1.0)], **how)
    return json.dumps(document(found))


@pytest.mark.parametrize(
    ("count", "replicates"), [(4 * BLOCK + 99, 1), (8 * BLOCK, 4), (24 * 1024, 24)]
)
def test_partitions_and_workers_give_the_same_digits(count: int, replicates: int) -> None:
    first = told(count, replicates=replicates, partitions=1, backend="numpy")
    for partitions, workers in ((2, 1), (5, 2)):
        how: Any = {"partitions": partitions, "workers": workers, "backend": "numpy"}
        assert told(count, replicates=replicates, **how) == first
    assert told(count, replicates=replicates, seed=1, backend="numpy") != first


def test_a_job_is_told_whole() -> None:
    job = _job(model(), GIVEN, 8 * 256, 3, None, (), "numpy", "sobol", 8)
    assert Job.of(job.text) == job and (job.points, job.block, job.top) == (256, 256, 0)
    assert replace(job, samples=2**20).top == 1 and replace(job, samples=2**22).block == BLOCK


def test_means_err_far_less_than_those_of_random_samples() -> None:
    """Against the mean by 2^20 points, over ten seeds."""
    truth = sweep(model(), GIVEN, 2**20, design="sobol", seed=99, backend="numpy").outputs[0].mean
    errors = {
        design: [
            sweep(model(), GIVEN, 2**12, design=design, seed=seed, backend="numpy").outputs[0].mean
            - truth
            for seed in range(10)
        ]
        for design in ("random", "sobol")
    }
    random, sobol = (np.sqrt(np.mean(np.square(e))) for e in errors.values())
    assert sobol < random / 20


def test_errors_are_those_of_the_replicates() -> None:
    """From the samples of each, one after the other."""
    made, n, each = model(), 16, 1024
    given = {**GIVEN, "a": "normal(0, 6)"}  # some lie outside the domain
    specs = [("y", -1.0, 1.0), ("z", -np.inf, 0.0)]
    found = sweep(made, given, n * each, design="sobol", replicates=n, specs=specs, backend="numpy")
    job = looked(_job(made, given, n * each, 0, None, (), "numpy", "sobol", n), made)
    y, status = NumpyRoute(made, job).values(0, n * each)
    assert 0.01 < (status < 0).mean() < 0.5
    parts = [y[i : i + each][status[i : i + each] >= 0] for i in range(0, n * each, each)]
    for k, one in enumerate(found.outputs):
        assert np.isclose(one.mean_se, error([p[:, k].mean() for p in parts]))
        assert np.isclose(one.sd_se, error([p[:, k].std() for p in parts]))
        assert all(q.se is None for q in one.quantiles)
    inside = [np.abs(p[:, 0]) <= 1 for p in parts], [p[:, 1] <= 0 for p in parts]
    for spec, seen in zip(found.specs, inside):
        assert np.isclose(spec.inside.se, error([s.mean() for s in seen]))
    assert np.isclose(found.specs[0].below.se, error([(p[:, 0] < -1).mean() for p in parts]))
    both = [(a & b).mean() for a, b in zip(*inside)]
    assert found.in_spec is not None and np.isclose(found.in_spec.se, error(both))


def error(estimates: list[float]) -> float:
    return float(np.std(estimates, ddof=1) / len(estimates) ** 0.5)


def test_the_error_of_replicates_is_met() -> None:
    """y = a, a standard normal one: its mean is 0 within some of them, far below random ones."""
    axis = spline_axis("a", "", -8.0, 8.0, spans=1, degree=1)
    line = Model([axis], CP.full([np.array([[-8.0], [8.0]])], [[1.0]]), [Output("y")])
    given, specs = {"a": "normal(0, 1)"}, [("y", -100.0, 1.0)]
    found = sweep(line, given, 16 * 4096, design="sobol", replicates=16, specs=specs)
    (one,), (spec,) = found.outputs, found.specs
    assert one.mean_se is not None and abs(one.mean) < 5 * one.mean_se < 4e-4
    assert spec.above.se is not None and abs(spec.above.p - norm.sf(1)) < 5 * spec.above.se < 1e-3
    assert spec.below == Probability(0.0, 0.5 / 4096 / 4)  # half a sample of each
    assert found.replicates == 16 and sweep(line, given, 99, design="sobol").replicates == 1


def test_one_shift_has_no_standard_errors() -> None:
    found = sweep(model(), GIVEN, 1000, design="sobol", specs=[("y", -1e9, 1e9)], backend="numpy")
    assert found.design == "sobol" and found.outputs[0].mean_se is None
    assert found.specs[0].below.at_most is None and found.specs[0].inside.se is None
    alone = sweep(model(), dict.fromkeys(GIVEN, 0.5), 8, design="sobol", backend="numpy")
    assert alone.outputs[0].sd == 0


def test_extremes_are_answers_of_their_inputs() -> None:
    found = sweep(model(), GIVEN, 4096, design="sobol", backend="numpy")
    for k, one in enumerate(found.outputs):
        for value, sample in (*one.lowest, *one.highest):
            own = model().value(found.inputs[sample])[k]
            assert np.isclose(own, value, rtol=1e-6)  # tables are stored in float32


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"design": "halton"}, "'halton' is no design"),
        ({"design": "random", "replicates": 4}, "give --design sobol"),
        ({"inputs": {**GIVEN, "b": "grid(3)"}, "samples": None}, "no Sobol' points"),
        ({"replicates": 0}, "0 replicates; give 1 to 100"),
        ({"replicates": 101}, "101 replicates"),
        ({"samples": 3000, "replicates": 3}, "give --samples 3072"),
        ({"samples": 1025, "replicates": 4}, "give --samples 1024"),
        ({"samples": 2**31}, "give 2.30 or fewer"),
    ],
)
def test_bad_designs_are_one_sentence(change: dict[str, Any], said: str) -> None:
    words = {"model": model(), "inputs": GIVEN, "samples": 1024, "design": "sobol", **change}
    with pytest.raises(InputError, match=said):
        sweep(**words)
