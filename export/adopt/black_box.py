"""Any black box as a separable model: asked at points of its domain, more where the model errs
most, and held against answers that nothing was learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from sna_edge import Axis, Model, Output
from sna_edge.artifact.limits import need_counts
from sna_edge.core.basis import bspline, levels, uniform_breaks
from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget

from ..fit.candidates.families import Task
from ..fit.candidates.families.chaos import POLYNOMIAL_CHAOS
from ..fit.data.held_together import folds_of
from ..fit.data.samples import Samples
from ..fit.engine.factors import SeparableFunction
from ..fit.pipeline.smaller.packing import packed
from ..teacher.distil import SMOOTH_TOLERANCE, TrainingPoints
from ..teacher.distil import distil as student_of
from ..threads import one_thread
from .adopted import Domain
from .asked import Asked, domain_of, predictor
from .rough import rough

Floats = NDArray[np.float64]
LEAST_CALLS = 200
CHECKED, CHOOSING = 0.1, 0.05
"""Share of the calls that measure the error in the end, and that choose between functions."""
FIRST, GROWTH = 0.1, 2.0
"""Share of the calls of the first round, and times as many points in all in the next."""
AT_RESIDUALS, POOL, NEIGHBOURS = 0.5, 4, 3
"""Share of new points that lie where the model errs most: of POOL times as many those whose
nearest NEIGHBOURS it misses by most."""
CHAOS, ROUGH = "polynomial chaos", "functions of single inputs on 128 spans, products on 16"
SPANS = {"products on 4 cubic spans": 4, "products on 8 cubic spans": 8}
KINDS = (CHAOS, *SPANS)
NEAR, SLOW = 1.2, 0.7
"""Times the error of the best kind above which a kind is given up, and the share of the error of
the round before above which a round has gained little."""
PARAMETERS_PER_POINT, MOST_JOINT = 0.25, 1300
"""Parameters of the products, and the most where these must come so near that they are solved for
all at once."""
FOLDS = 5


@dataclass(frozen=True)
class Distilled:
    """The model; its distance from the black box over the range of each output, RMS and largest, on
    points that nothing was learned from; `calls` of the black box; `reached`: the RMS is at most
    the error asked for; what was `tried`: (name, calls, RMS over range)."""

    model: Model
    rms: float
    largest: float
    calls: int
    reached: bool
    tried: list[tuple[str, int, float]]


@dataclass(frozen=True, eq=False)
class Attempt:
    """A function of the linear part in units of spread [K] around centre [K], and its error on the
    points that choose."""

    name: str
    f: SeparableFunction
    centre: Floats
    spread: Floats
    error: float

    def values(self, x: Floats) -> Floats:
        """[N, K]."""
        return np.asarray(self.centre + self.spread * self.f.predict(x))


def distil(
    predict: Callable[[Floats], ArrayLike] | Any,
    domain: Sequence[Domain] | Mapping[str, tuple[float, float]],
    rows: ArrayLike | None = None,
    *,
    error: float = 0.01,
    calls: int = 20_000,
    outputs: Sequence[str] = (),
    seed: int = 0,
) -> Distilled:
    """A model within `error` (RMS over the range of the output) of predict(x [N, D]) -> [N] or
    [N, K], asked at most `calls` times.

    `predict` may be an object that has it (scikit-learn, CatBoost, TabPFN, a simulator); `domain`
    names the inputs in the order of its columns. `rows` [N, D]: where the model will be asked
    (training rows), then points keep to them; else they fill the box. Stops as soon as the error is
    reached; where it is not, the best model found comes with its error (`reached` is False). Raises
    InputError for answers that are no finite numbers and for a constant.

    >>> import numpy as np
    >>> from sna_export.adopt import distil
    >>> found = distil(lambda x: x[:, 0] * x[:, 1] ** 2, {"a": (0, 1), "b": (0, 2)}, calls=500)
    >>> found.reached, found.calls <= 500, found.model(a=0.5, b=1.0).round(6)
    (True, True, array([0.5]))
    """
    boxes = domain_of(domain)
    if calls < LEAST_CALLS or not error > 0:
        raise InputError(f"give at least {LEAST_CALLS} calls and an error above 0")
    given = None if rows is None else np.asarray(rows, dtype=float)
    asked = Asked(predictor(predict), boxes, calls, given, seed, tuple(outputs))
    with one_thread():
        choosing = asked.fresh(max(int(CHOOSING * calls), 50))
        chosen = asked.values(choosing)
        need_counts(len(boxes), chosen.shape[1])
        tried: list[tuple[str, int, float]] = []
        best: Attempt | None = None
        for attempt in _attempts(asked, choosing, chosen, seed, error):
            tried.append((attempt.name, asked.calls, attempt.error))
            best = attempt if best is None or attempt.error < best.error else best
            if best.error <= error:
                break
        assert best is not None
        return _measured(asked, best, error, tried)


def _attempts(
    asked: Asked,
    choosing: Floats,
    chosen: Floats,
    seed: int,
    error: float,
) -> Iterator[Attempt]:
    """Kinds of functions of more and more points, in the end the rough one; a share of the calls
    stays. Kinds that fall far behind are given up; where a round has gained little, the next has
    all points."""
    kept = max(int(CHECKED * asked.most), 20)
    asked.learn(asked.fresh(max(int(FIRST * asked.most), 100)))
    _need_change(asked)
    kinds, before = KINDS, np.inf
    while True:
        task = Round(asked.samples(), choosing, chosen, seed, error)
        found = []
        for kind in kinds:
            found.append(task.attempt(kind))
            yield found[-1]
        best = min(found, key=lambda a: a.error)
        if asked.left <= kept:
            yield task.attempt(ROUGH)
            return
        kinds = tuple(k for k, a in zip(kinds, found, strict=True) if a.error <= NEAR * best.error)
        slow = best.error > SLOW * before
        count = asked.left - kept if slow else int((GROWTH - 1.0) * len(asked.x))
        asked.learn(_next(asked, best, min(count, asked.left - kept)))
        before = best.error


@dataclass(frozen=True, eq=False)
class Round:
    """The points learned so far and those that choose, with the answers to these [M, K]."""

    samples: Samples
    choosing: Floats
    chosen: Floats
    seed: int
    error: float

    def attempt(self, kind: str) -> Attempt:
        """A function of a kind fitted to the points learned."""
        y = self.samples.y
        centre, spread = y.mean(axis=0), y.std(axis=0)
        target, check = ((v - centre) / spread for v in (y, self.chosen))
        scale = np.maximum(np.ptp(self.chosen, axis=0), 1e-300)
        rng = np.random.default_rng([self.seed, len(y)])
        if kind == CHAOS:
            f = _chaos(self.samples, self.seed)
        elif kind == ROUGH:
            f = rough(self.samples, target, self.choosing, check, rng)
        else:
            near = self.error * float((scale / spread).min())
            f = self._products(SPANS[kind], target, check, near, rng)
        missed = spread * (check - f.predict(self.choosing)) / scale
        error = float(np.sqrt(np.mean(missed**2, axis=0)).max())
        return Attempt(kind, f, centre, spread, error)

    def _products(
        self, spans: int, target: Floats, check: Floats, near: float, rng: np.random.Generator
    ) -> SeparableFunction:
        most = int(PARAMETERS_PER_POINT * len(target))
        most = min(most, MOST_JOINT) if near < SMOOTH_TOLERANCE else most
        points = TrainingPoints(self.samples.x, np.ones(len(target)), self.choosing)
        bases = [
            levels(int(n)) if n else bspline(uniform_breaks(*self.samples.bounds(d), spans), 3)
            for d, n in enumerate(self.samples.n_levels)
        ]
        done = student_of(points, target, check, bases, rng, tolerance=near, max_parameters=most)
        return done.f


def _chaos(samples: Samples, seed: int) -> SeparableFunction:
    """Of the same centre and spread: those of the rows."""
    folds = folds_of(samples, FOLDS, seed)
    begun = POLYNOMIAL_CHAOS.begin(Task(samples, "identity", folds, seed, TimeBudget()))
    assert begun is not None
    return begun.finish(TimeBudget()).f


def _need_change(asked: Asked) -> None:
    for k in np.flatnonzero(np.ptp(asked.y, axis=0) == 0).tolist():
        name = asked.names[k] if asked.names else f"y{k}" if asked.y.shape[1] > 1 else "y"
        raise InputError(
            f"output {name!r} of the black box is {asked.y[0, k]:g} everywhere it was asked; there"
            " is nothing to learn"
        )


def _next(asked: Asked, best: Attempt, count: int) -> Floats:
    """Half of them evenly, half where the nearest points asked are missed most."""
    there = int(AT_RESIDUALS * count)
    even, pool = asked.fresh(count - there), asked.fresh(POOL * there)
    low = np.array([0.0 if b.levels else b.lower for b in asked.domain])
    wide = np.array([len(b.levels) or b.upper - b.lower for b in asked.domain])
    missed = np.abs(asked.y - best.values(asked.x)) / np.ptp(asked.y, axis=0)
    _, near = cKDTree((asked.x - low) / wide).query((pool - low) / wide, k=NEIGHBOURS)
    worst = np.argsort(-missed.max(axis=1)[near].mean(axis=1), kind="stable")[:there]
    return np.concatenate([even, pool[np.sort(worst)]])


def _measured(
    asked: Asked,
    best: Attempt,
    error: float,
    tried: list[tuple[str, int, float]],
) -> Distilled:
    x = asked.fresh(max(int(CHECKED * asked.most), 20))
    truth = asked.values(x)
    everything = np.concatenate([truth, asked.y])
    scale = np.maximum(np.ptp(everything, axis=0), 1e-300)
    model = _model(asked, best, everything)
    gap = np.abs(model.backend.value(x) - truth) / scale
    rms = float(np.sqrt(np.mean(gap**2, axis=0)).max())
    certificate = {
        "adoption": "measured",
        "adopted_from": f"black box, {asked.calls} calls",
        "adoption_rms": float(f"{rms:.3g}"),
        "adoption_max": float(f"{gap.max():.3g}"),
    }
    model = model.replace(certificate=certificate)
    return Distilled(model, rms, float(gap.max()), asked.calls, rms <= error, tried)


def _model(asked: Asked, best: Attempt, y: Floats) -> Model:
    cp, bias = best.f.to_cp()
    samples = asked.samples()
    outputs = [
        Output(
            name,
            bias=float(best.centre[k] + best.spread[k] * bias[k]),
            range=(float(y[:, k].min()), float(y[:, k].max())),
        )
        for k, name in enumerate(samples.names)
    ]
    axes = [
        Axis(box.name, box.unit, basis, box.levels)
        for box, basis in zip(asked.domain, best.f.bases[:-1], strict=True)
    ]
    cp = packed(cp.with_tables(cp.tables, cp.weights * best.spread))
    return Model(axes, cp.sorted(), outputs)
