"""A deadline that cuts a call is said, at whatever look at the clock it comes, and what was cut
never claims that nothing exists."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, TT, Model, Output, level_axis, spline_axis
from sna_edge.inverse import (
    Knob,
    StudentT,
    advise,
    argmax,
    argmin,
    estimate,
    interval_set,
    invert_batch,
    level_set,
    posterior,
    roots,
)
from sna_edge.numerics import time_budget

LONG = 1e7  # ms: all the time there is, until the clock jumps
NONE = ("no setting", "not reached", "no combination")


class Clock:
    """A billionth of a second from look to look, and a jump past every deadline at one of them."""

    def __init__(self, jump: float) -> None:
        self.looks, self.jump = 0, jump

    def __call__(self) -> float:
        self.looks += 1
        return 1e-9 * self.looks + (1e6 if self.looks >= self.jump else 0.0)


@cache
def smooth(dimensions: int = 3, link: str = "identity", spans: int = 8, levels: int = 0) -> Model:
    """x0, x1, .. (and lot) -> y."""
    rng = np.random.default_rng(dimensions)
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=spans) for d in range(dimensions)]
    x = np.linspace(0, 1, spans + 3)[:, None]
    tables = [
        1 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.2, 1.0, 5) * x + rng.uniform(size=5)))
        for _ in axes
    ]
    if levels:
        axes.append(level_axis("lot", tuple("pqrstu"[:levels])))
        tables.append(1.0 + 0.05 * rng.normal(size=(levels, 5)))
    return Model(axes, CP.full(tables, rng.normal(size=(5, 1))), [Output("y", link=link)])


@cache
def train() -> Model:
    rng = np.random.default_rng(0)
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=4) for d in range(3)]
    cores = tuple(rng.normal(size=(7, r, s)) for r, s in ((1, 2), (2, 2), (2, 1)))
    return Model(axes, TT(cores, np.ones((1, 1))), [Output("y")])


PART = {"x0": 0.3, "x1": 0.4, "x2": 0.5}
T = np.linspace(0, 1, 12)


@cache
def reach(model: Model) -> tuple[float, float]:
    x = np.random.default_rng(0).uniform(size=(20000, len(model.axes)))
    names = {
        a.name: list(np.tile(a.level_names, 20000)[:20000])
        for a in model.axes
        if a.kind == "categorical"
    }
    y = model.value({**{a.name: x[:, d] for d, a in enumerate(model.axes)}, **names})[:, 0]
    return float(y.min()), float(y.max())


def wanted(model: Model, share: float, width: float = 0.02) -> dict[str, tuple[float, float]]:
    """Limits around that share of the range."""
    low, high = reach(model)
    return {"y": (low + (share - width) * (high - low), low + (share + width) * (high - low))}


def seen(model: Model) -> dict[str, Any]:
    return {
        "x0": T,
        "y": model.value({"x0": T, "x1": 0.3, "x2": 0.6})[:, 0] + 0.01 * np.sin(40 * T),
    }


@cache
def long_axis() -> Model:
    rng = np.random.default_rng(0)
    axes = [spline_axis("x0", "", 0.0, 1.0, spans=900), spline_axis("x1", "", 0.0, 1.0, spans=4)]
    return Model(axes, CP.full([rng.normal(size=(903, 2)), np.ones((7, 2))]), [Output("y")])


CALLS: dict[str, Callable[[], Any]] = {
    "roots": lambda: roots(
        long_axis().with_backend("numpy"), "x0", 0.3, {"x1": 0.5}, deadline_ms=LONG
    ),
    "roots, none": lambda: roots(
        long_axis().with_backend("numpy"), "x0", 99.0, {"x1": 0.5}, deadline_ms=LONG
    ),
    "interval_set": lambda: interval_set(
        long_axis(), "x0", {"y": (-0.1, 0.2)}, {"x1": 0.5}, deadline_ms=LONG
    ),
    "interval_set, none": lambda: interval_set(
        long_axis(), "x0", {"y": (50.0, 60.0)}, {"x1": 0.5}, deadline_ms=LONG
    ),
    "argmin": lambda: argmin(long_axis(), "x0", "y", {"x1": 0.5}, deadline_ms=LONG),
    "argmax": lambda: argmax(long_axis(), "x0", "y", {"x1": 0.5}, deadline_ms=LONG),
    "level_set": lambda: level_set(
        smooth(), float(np.mean(reach(smooth()))), ["x0", "x1", "x2"], 16, deadline_ms=LONG
    ),
    "level_set, none": lambda: level_set(
        smooth(), 2 * reach(smooth())[1] + 1, ["x0", "x1", "x2"], 16, deadline_ms=LONG
    ),
    "level_set, levels": lambda: level_set(
        smooth(2, levels=3), 99.0, ["x0", "x1", "lot"], 4, deadline_ms=LONG
    ),
    "invert_batch": lambda: invert_batch(
        smooth(),
        smooth().value(np.random.default_rng(0).uniform(size=(40, 3)))[:, 0],
        ["x0", "x1"],
        {"x2": 0.5},
        deadline_ms=LONG,
    ),
    "estimate": lambda: estimate(smooth(), seen(smooth()), ["x1", "x2"], 0.02, deadline_ms=LONG),
    "estimate, link": lambda: estimate(
        smooth(3, "exp"), seen(smooth(3, "exp")), ["x1", "x2"], 0.02, deadline_ms=LONG
    ),
    "estimate, outliers": lambda: estimate(
        smooth(), seen(smooth()), ["x1", "x2"], StudentT(0.02), deadline_ms=LONG
    ),
    "estimate, misfit": lambda: estimate(
        smooth(), seen(smooth()), ["x1", "x2"], 1e-4, deadline_ms=LONG
    ),
    "estimate, out of reach": lambda: estimate(
        smooth(), {"x0": 0.5, "y": 1e9}, ["x1", "x2"], 0.02, deadline_ms=LONG
    ),
    "posterior": lambda: posterior(
        smooth(), seen(smooth()), ["x1", "x2"], 0.02, n=200, deadline_ms=LONG
    ),
    "posterior, level": lambda: posterior(
        smooth(2, levels=3), {"x0": T, "x1": T, "y": T}, ["lot"], 0.5, n=20, deadline_ms=LONG
    ),
    "advise": lambda: advise(
        smooth(), PART, wanted(smooth(), 0.9), ["x0", "x1", "x2"], deadline_ms=LONG
    ),
    "advise, one knob": lambda: advise(
        smooth(), PART, wanted(smooth(), 0.5), ["x0"], deadline_ms=LONG
    ),
    "advise, none": lambda: advise(
        smooth(), PART, wanted(smooth(), 1.3), ["x0", "x1", "x2"], deadline_ms=LONG
    ),
    "advise, train": lambda: advise(
        train(), PART, wanted(train(), 1.5), ["x0", "x1", "x2"], deadline_ms=LONG
    ),
    "advise, steps": lambda: advise(
        smooth(),
        PART,
        wanted(smooth(), 0.9),
        {"x0": Knob(step=0.05), "x1": Knob(step=0.05)},
        deadline_ms=LONG,
    ),
    "advise, steps, none": lambda: advise(
        smooth(),
        PART,
        wanted(smooth(), 1.3),
        {"x0": Knob(step=0.05), "x1": Knob(step=0.05)},
        deadline_ms=LONG,
    ),
    "advise, steps and not": lambda: advise(
        smooth(),
        PART,
        wanted(smooth(), 0.8),
        {"x0": Knob(step=0.1), "x1": Knob()},
        deadline_ms=LONG,
    ),
    "advise, levels": lambda: advise(
        smooth(2, levels=3),
        {"x0": 0.3, "x1": 0.4, "lot": "q"},
        wanted(smooth(2, levels=3), 0.9),
        ["x0", "x1", "lot"],
        deadline_ms=LONG,
    ),
}


def answered(
    call: Callable[[], Any], jump: float, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], int]:
    clock = Clock(jump)
    monkeypatch.setattr(time_budget, "perf_counter", clock)
    found = call().to_dict()
    return found, clock.looks


def labels(answer: dict[str, Any]) -> set[str]:
    status = answer["status"]
    return set(status) if isinstance(status, list) else {status}


@pytest.mark.parametrize("what", CALLS)
def test_a_cut_is_said_wherever_it_comes(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Advice that a deadline had cut was reported ok, or said that no setting exists where one
    does."""
    call = CALLS[what]
    whole, looks = answered(call, np.inf, monkeypatch)
    assert "deadline" not in labels(whole)
    assert str(answered(call, np.inf, monkeypatch)[0]) == str(whole), (
        "same seed, enough time, same answer"
    )
    cuts = sorted({*range(2, min(looks, 6)), *np.linspace(2, looks, 7).astype(int).tolist()})
    said = 0
    for jump in cuts:
        found, _ = answered(call, jump, monkeypatch)
        if str(found) == str(whole):
            continue
        said += 1
        assert "deadline" in labels(found), (what, jump, looks)
        assert not any(text in found.get("message", "") for text in NONE)
        assert "unreachable" not in labels(found) or isinstance(found["status"], list)
    assert said or looks < 6 or "one knob" in what or "level" in what


def test_time_enough_changes_nothing() -> None:
    """The answer with a generous deadline is the one without."""
    model = smooth()
    for knobs in (
        ["x0", "x1", "x2"],
        {"x0": Knob(step=0.05), "x1": Knob(step=0.05)},
        {"x0": Knob(step=0.1), "x1": Knob()},
    ):
        for share in (0.9, 1.3):
            a, b = (
                advise(model, PART, wanted(model, share), knobs, deadline_ms=d) for d in (None, 1e6)
            )
            assert str(a.to_dict()) == str(b.to_dict())
