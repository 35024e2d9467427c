"""The front door: a first look at the outputs, partitions, and all of them together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.status import Status

from ..partitions import run
from .designs import directions_for, number_of
from .drawing import draws_of
from .drawing import samples as drawn
from .found import PROBABILITIES, Probability, Spec, Sweep, distribution, without_errors
from .job import Job
from .native_route import serves
from .partition import partition
from .replicates import with_errors
from .routes import Route, route
from .steps import hidden, too_close, wanted
from .tally import BINS, POWERS, STATUSES, Scale, Sums, Tally

LOOK, PLACE = 1 << 14, 64
"""Samples of the first look, and of each of its places on a grid."""
MOST_SEED = 1 << 64
GOLDEN = (5**0.5 - 1) / 2
Limits = tuple[str, float, float]


def sweep(
    model: Model, inputs: Mapping[str, object], samples: int | None = None, *, seed: int = 0,
    rest: str | None = None, specs: Sequence[Limits] = (), backend: str = "auto",
    probabilities: Sequence[float] = PROBABILITIES, folder: str | os.PathLike[str] | None = None,
    workers: int = 1, partitions: int | None = None, dask: str | None = None,
    design: str = "random", replicates: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:  # fmt: skip
    """The outputs of a model whose inputs are drawn from distributions: Monte Carlo.

    inputs: NAME -> a distribution in words (`normal(200, 5)`), a number or a level; rest: that of
    inputs not named; samples: 10^6 if left out, all points where inputs are on a grid; specs:
    (output, lower, upper). `design`: "random", or "sobol": Sobol' points under a random shift in
    place of random words, which have standard errors if they come in `replicates`, each under a
    shift of its own. Sample i depends on i and the seed alone, sums are added in one fixed order:
    every number of partitions and workers gives the same digits. `folder` keeps finished
    partitions, so that the same call goes on where one has ended; `dask`: the address of a cluster.
    Raises InputError, before anything is drawn, for what is no distribution or design, and where
    none of the first samples has a value.

    >>> import sna_edge
    >>> from sna_export.monte_carlo import sweep
    >>> axis = sna_edge.spline_axis("x", "", 0, 1, spans=1, degree=1)
    >>> line = sna_edge.CP.full([[[0.0], [2.0]]], [[1.0]])
    >>> model = sna_edge.Model([axis], line, [sna_edge.Output("y")])
    >>> found = sweep(model, {"x": "uniform"}, 100_000, specs=[("y", 0.5, 1.5)])
    >>> round(found.outputs[0].mean, 2), round(found.specs[0].inside.p, 2)
    (1.0, 0.5)
    """
    wanted, pieces = _probabilities(probabilities), _positive(partitions)
    job = looked(
        _job(model, inputs, samples, seed, rest, specs, backend, design, replicates), model, backend
    )
    tasks, work = job.tasks(pieces), partial(partition, job.text)
    parts = run(tasks, work, folder, workers, dask, progress)
    return _found(model, job, parts, wanted)


def _job(
    model: Model, inputs: Mapping[str, object], samples: int | None, seed: int, rest: str | None,
    specs: Sequence[Limits], backend: str, design: str = "random", replicates: int = 1,
) -> Job:  # fmt: skip
    if not 0 <= seed < MOST_SEED:
        raise InputError(f"the seed is {seed}; give a whole number from 0 to 2^64 - 1")
    artifact = model.artifact if model.artifact is not None else model.to_bytes()
    draws = draws_of(model, inputs, rest)
    number = number_of(samples, draws, design)
    served = _backend(model, backend)
    job = Job(
        artifact, draws, seed, number, served,
        specs=tuple(_spec(model, spec) for spec in specs),
        directions=directions_for(design, draws, number, replicates), replicates=replicates,
    )  # fmt: skip
    close = too_close(draws, wanted(number, job.design))
    if close is None:
        return job
    _need_numpy(backend, f"samples of input {model.input_names[close]!r}")
    return replace(job, backend="numpy", double=True)


def _need_numpy(backend: str, what: str) -> None:
    """Raises InputError where the library is asked for, which computes in float32."""
    if backend == "native":
        raise InputError(
            f"{what} lie so close together that steps of float32, by which the compiled library"
            " computes, would move the results; leave --backend native out"
        )


def _backend(model: Model, wanted: str) -> str:
    """native where the library is there and can count samples of this model."""
    if wanted not in ("auto", "numpy", "native"):
        raise InputError(f"a sweep has no backend {wanted!r}; give auto, numpy or native")
    if wanted == "numpy":
        return wanted
    can = serves(model)
    if wanted == "native" and not can:
        raise InputError(
            "the compiled library is not there, is older than sweeps, or the model has several"
            " labels, whose shares it does not take; install sna-edge-native again, or give"
            " --backend numpy"
        )
    return "native" if can else "numpy"


def _spec(model: Model, spec: Limits) -> tuple[int, float, float]:
    name, lower, upper = spec
    if name not in model.output_names:
        raise InputError(
            f"{name!r} is not an output of this model; its outputs are"
            f" {', '.join(model.output_names)}"
        )
    if not lower < upper or not (isfinite(lower) or isfinite(upper)):
        raise InputError(f"limits {lower:g} to {upper:g} of {name!r} are none; give low < high")
    return list(model.output_names).index(name), float(lower), float(upper)


def _positive(partitions: int | None) -> int | None:
    if partitions is not None and partitions < 1:
        raise InputError(f"{partitions} partitions; give 1 or more")
    return partitions


def _probabilities(wanted: Iterable[float]) -> list[float]:
    for p in wanted:
        if not 0 < p < 1:
            raise InputError(f"a quantile is asked at {p:g}; give shares between 0 and 1")
    return sorted(wanted)


def looked(job: Job, model: Model, backend: str = "auto") -> Job:
    """The job with the scales that the first samples suggest: sums about their mean, histograms
    twice as wide as they are; by numpy, unless the library is asked for (`backend`), where answers
    lie closer together than float32 tells. Raises InputError where none of them has a value."""
    served = model if model.backend.name == job.backend else model.with_backend(job.backend)
    y, status = _look(route(served, job), job)
    good = y[status >= 0]
    if not len(good):
        raise InputError(
            f"none of {len(y)} samples looked at has a value ({Status(int(status[0])).label});"
            f" domains are {', '.join(a.describe() for a in model.axes)}: draw inputs inside them"
        )
    if not np.isfinite(good).all():
        raise InputError(
            "an output is too large for a number at some of the first samples; draw inputs from"
            " narrower distributions"
        )
    many = wanted(job.samples, job.design)
    close = [o.name for o, y in zip(model.outputs, good.T) if not hidden(y, many)]
    if job.backend == "native" and close:
        _need_numpy(backend, f"values of output {close[0]!r}")
        return looked(replace(job, backend="numpy"), model)
    return replace(job, scales=tuple(_scale(column) for column in good.T))


def _look(samples: Route, job: Job) -> tuple[Any, Any]:
    """Values and statuses of the first LOOK samples; of a larger grid those at its two ends and at
    places that are spread over it like multiples of the golden ratio."""
    if job.design != "grid" or job.samples <= LOOK:
        return samples.values(0, min(LOOK, job.samples))
    last = job.samples - PLACE
    places = [int(last * (i * GOLDEN % 1.0)) for i in range(LOOK // PLACE - 1)]
    parts = [samples.values(first, PLACE) for first in (*places, last)]
    return np.concatenate([y for y, _ in parts]), np.concatenate([s for _, s in parts])


def _scale(y: Any) -> Scale:
    low, high, centre = float(y.min()), float(y.max()), float(y.mean())
    room = max(high - low, 1e-6 * max(abs(low), abs(high)), 1e-30) / 2
    sd = max(float(y.std()), 1e-3 * room)
    return Scale(centre, 1.0 / sd, low - room, BINS / (high - low + 2 * room))


def _found(model: Model, job: Job, parts: Sequence[Any], probabilities: Sequence[float]) -> Sweep:
    """All partitions together, in their order."""
    outputs = len(model.outputs)
    tally, sums = Tally.empty(outputs, len(job.specs)), Sums(job.top)
    for part in parts:
        tally.add(Tally.of(part["tally"], outputs))
        for level, place, powers in part["sums"]:
            sums.add(level, place, np.array(powers))
    n = int(tally.statuses[STATUSES // 2 :].sum())
    powers = sums.total()[: POWERS * outputs].reshape(outputs, POWERS)
    found = tuple(
        distribution(o.name, o.unit, job.scales[k], n, powers[k], tally, k, probabilities)
        for k, o in enumerate(model.outputs)
    )
    if job.design != "random":
        found = tuple(map(without_errors, found))
    specs = tuple(_counted(model, job, s, b, n) for s, b in zip(job.specs, tally.beyond.tolist()))
    statuses = {
        Status(i - STATUSES // 2).label: c for i, c in enumerate(tally.statuses.tolist()) if c
    }
    whole = Sweep(
        job.samples, n, job.design, job.replicates, job.seed, statuses, found, specs,
        Probability.of(int(tally.inside[0]), n, job.design) if specs else None,
        _inputs(model, job, found), "/".join(sorted({part["by"] for part in parts})),
    )  # fmt: skip
    return with_errors(whole, job, [s for *_, s in sums.nodes]) if job.replicates > 1 else whole


def _counted(
    model: Model, job: Job, spec: tuple[int, float, float], beyond: Sequence[int], n: int
) -> Spec:
    k, lower, upper = spec
    shares = [Probability.of(count, n, job.design) for count in (*beyond, n - sum(beyond))]
    for side, limit in enumerate((lower, upper)):
        if not isfinite(limit):
            shares[side] = Probability(0.0, None)
    return Spec(model.output_names[k], lower, upper, *shares)


def _inputs(model: Model, job: Job, found: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """The inputs of the extremes, drawn again."""
    at = sorted({i for one in found for _, i in (*one.lowest, *one.highest)})
    rows = {i: drawn(job.draws, job.seed, i, 1, job.sobol, job.double)[0].tolist() for i in at}
    return {
        i: {
            axis.name: axis.level_names[round(x)] if axis.kind == "categorical" else x
            for axis, x in zip(model.axes, row)
        }
        for i, row in rows.items()
    }
