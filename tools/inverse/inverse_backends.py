"""The same inverse queries on every backend: misses of the target and coordinates against the numpy
reference."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from inverse_problems import Row, served

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.inverse import estimate, invert_batch, level_set, roots

ALLOWED = 1e-5  # of the range for targets, of the axis for coordinates
Found = list[tuple[np.ndarray, dict[str, float]]]  # points [n, D] and the targets they should meet


def stored_model(seed: int = 0, modes: int = 8) -> Model:
    """a, b, c -> y, z: steep along every axis."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=12) for n in "abc"]
    x = np.linspace(0, 1, 15)[:, None]
    tables = [
        1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.8, 1.6, modes) * x + rng.uniform(size=modes)))
        for _ in axes
    ]
    return Model(
        axes,
        CP.full(tables, rng.normal(size=(modes, 2))),
        [Output("y"), Output("z")],
        dtypes=["float32"] * 3,
    )


def asked_roots(model: Model, reference: Model, seed: int) -> Found:
    x = np.random.default_rng(seed).uniform(size=3)
    target = float(reference.value(x)[0])
    found = roots(model, "a", {"y": target}, {"b": x[1], "c": x[2]})
    return [
        (np.column_stack([found.values, np.tile(x[1:], (len(found.values), 1))]), {"y": target})
    ]


def asked_level_set(model: Model, reference: Model, seed: int) -> Found:
    target = float(reference.value(np.random.default_rng(seed).uniform(size=3))[0])
    return [(level_set(model, {"y": target}, ["a", "b", "c"], 32).x, {"y": target})]


def asked_isolated(model: Model, reference: Model, seed: int) -> Found:
    """Two targets of two unknowns: solutions are points. The reference is asked for many, so that
    it holds what others find."""
    x = np.random.default_rng(seed).uniform(size=3)
    y = reference.value(x)
    target = {"y": float(y[0]), "z": float(y[1])}
    found = level_set(model, target, ["a", "b"], 512 if model is reference else 32, at={"c": x[2]})
    return [(np.column_stack([found.x, np.full(len(found), x[2])]), target)]


def asked_batch(model: Model, reference: Model, seed: int) -> Found:
    x = np.random.default_rng(seed).uniform(size=(50, 3))
    y = reference.value(x)
    found = invert_batch(model, {"y": y[:, 0], "z": y[:, 1]}, ["a", "b"], {"c": x[:, 2]})
    points = np.column_stack([found.x, x[:, 2]])
    return [
        (points[i : i + 1], {"y": float(y[i, 0]), "z": float(y[i, 1])})
        for i in np.flatnonzero(found.status == 0)
    ]


def asked_estimate(model: Model, reference: Model, seed: int) -> Found:
    """Noiseless readings of both outputs at known c: the best optimum is the planted point."""
    rng = np.random.default_rng(seed)
    truth, c = rng.uniform(0.1, 0.9, 2), rng.uniform(size=40)
    y = reference.value({"a": truth[0], "b": truth[1], "c": c})
    found = estimate(model, {"c": c, "y": y[:, 0], "z": y[:, 1]}, ["a", "b"], 1e-3)
    points = np.column_stack([np.tile(found.x[:1], (len(c), 1)), c])
    return [(points[i : i + 1], {"y": float(y[i, 0]), "z": float(y[i, 1])}) for i in range(len(c))]


ESTIMATE = "estimate, best optimum"
CALLS: dict[str, Callable[[Model, Model, int], Found]] = {
    "roots": asked_roots,
    "level_set, 1 target": asked_level_set,
    "level_set, 2 targets": asked_isolated,
    "invert_batch, 2 targets": asked_batch,
    ESTIMATE: asked_estimate,
}
ISOLATED = ("roots", "level_set, 2 targets", ESTIMATE)


def agreement(
    folder: Path, cases: int, seed: int = 0
) -> Iterator[tuple[str, str, int, float, float]]:
    """(call, backend, solutions, largest miss as a share of the range, largest distance of a steep
    coordinate from numpy's)."""
    models = served(stored_model(seed), folder)
    reference = models["numpy"]
    size = np.ptp(reference.value(np.random.default_rng(0).uniform(size=(4000, 3))), axis=0)
    for call, ask in CALLS.items():
        for name, model in models.items():
            miss, apart, count = 0.0, 0.0, 0
            for case in range(cases):
                found, peers = ask(model, reference, case), ask(reference, reference, case)
                for (x, target), (peer, _) in zip(found, peers, strict=False):
                    count += len(x)
                    columns = [reference.output_names.index(n) for n in target]
                    off = (
                        np.abs(reference.value(x)[:, columns] - list(target.values()))
                        / size[columns]
                    )
                    miss = max(miss, float(off.max(initial=0.0)))
                    if call in ISOLATED and call != ESTIMATE:
                        apart = max(apart, distance(reference, x, peer, columns, size, False))
                if call == ESTIMATE:
                    x, peer = (np.concatenate([points for points, _ in f]) for f in (found, peers))
                    apart = max(apart, distance(reference, x, peer, [0, 1], size, True))
            yield call, name, count, miss, apart


def distance(
    reference: Model,
    x: np.ndarray,
    peer: np.ndarray,
    columns: list[int],
    size: np.ndarray,
    together: bool,
) -> float:
    """Largest distance of a point of x from the nearest of `peer`, along axes on which a target is
    steep there (on axes 1 wide); `together`: the points are readings of one setting, of which the
    steepest pins it."""
    if not len(x) or not len(peer):
        return float("inf") if len(x) != len(peer) else 0.0
    steep = (np.abs(reference.gradient(x)[:, columns]) >= size[columns][:, None]).any(axis=1)
    if together:
        steep = np.broadcast_to(steep.any(axis=0), steep.shape)
    near = peer[np.abs(x[:, None] - peer[None]).max(axis=2).argmin(axis=1)]
    return float(np.where(steep, np.abs(x - near), 0.0).max(initial=0.0))


def backend_rows(cases: int) -> list[Row]:
    rows: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for call, name, count, miss, apart in agreement(Path(folder), cases):
            off = f" / {apart:.0e}" if call in ISOLATED else ""
            rows.setdefault(call, []).append(f"{name} {miss:.0e}{off}")
            rows[call][0] = f"{count:,} solutions: " + rows[call][0].split(": ")[-1]
    what = {
        call: "largest miss / steep coordinate off by" if call in ISOLATED else "largest miss"
        for call in rows
    }
    return [
        Row(f"{call}: {what[call]}", "; ".join(found), "1e-5 of the range / of the axis")
        for call, found in rows.items()
    ]
