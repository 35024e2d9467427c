"""That nothing exists is said after a proof only, and the proof finds what a search missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, InputError, Interval, Model, Output, Status, level_axis, spline_axis
from sna_edge.inverse import Knob, advise, interval_set, invert_batch, level_set, roots
from sna_edge.inverse.optimize import infeasibility
from sna_edge.inverse.optimize.infeasibility import InfeasibilityProof
from sna_edge.numerics.time_budget import TimeBudget


@pytest.mark.parametrize("seed", range(24))
def test_a_proof_is_never_wrong_and_nearly_always_there(
    seed: int, random_model: Callable[..., Model]
) -> None:
    """All bases, CP and trains, links: the range over a box, a little farther out, is proven empty;
    what samples reach never is."""
    model, rng = random_model(seed), np.random.default_rng(seed)
    columns = sorted(rng.choice(3, int(rng.integers(1, 4)), replace=False).tolist())
    here = np.array([rng.uniform(a.lower, a.upper) for a in model.axes])
    ends = np.sort(
        [
            [rng.uniform(model.axes[d].lower, model.axes[d].upper) for _ in range(2)]
            for d in columns
        ],
        axis=1,
    )
    x = np.repeat(here[None], 30000, axis=0)
    x[:, columns] = rng.uniform(ends[:, 0], ends[:, 1], (30000, len(columns)))
    output = model.outputs[0]
    f = output.linear_of(model.backend.value(x))[:, 0]
    f = f[np.isfinite(f)]
    if not len(f) or not np.ptp(f):
        pytest.skip("saturated everywhere")
    search = InfeasibilityProof(model, here, columns, [0])

    def none(low: float, high: float) -> bool:
        return search.verdict(
            ends[:, 0], ends[:, 1], np.array([low]), np.array([high]), TimeBudget()
        ).none

    assert not none(f.max(), np.inf) and not none(-np.inf, f.min())
    far = 0.5 * np.ptp(f)
    bases = [model.axes[d].basis for d in columns]
    if np.prod([b.n_spans * (b.degree + 1) for b in bases]) <= 20_000:  # beyond that it may give up
        assert none(f.max() + far, np.inf) and none(-np.inf, f.min() - far)


@pytest.mark.parametrize("seed", range(6))
def test_modes_that_leave_axes_out_take_part_in_a_proof(seed: int) -> None:
    """f = u(a) + v(b) + w(a) z(c): modes that do not use a searched axis are constant along it, not
    absent."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=3, degree=2) for n in "abc"]
    modes = (np.array([0, 2]), np.array([1]), np.array([2]))
    cp = CP(
        tuple(rng.uniform(0.5, 2.0, (5, len(m))) for m in modes),
        modes,
        rng.uniform(0.5, 1.5, (3, 1)),
    )
    model, here = Model(axes, cp, [Output("y", bias=0.5)]), rng.random(3)
    for columns in ([0], [1], [2], [0, 1], [1, 2], [0, 1, 2]):
        x = np.repeat(here[None], 4000, axis=0)
        x[:, columns] = rng.random((4000, len(columns)))
        f = model.backend.value(x)[:, 0]
        search, ends = (
            InfeasibilityProof(model, here, columns, [0]),
            np.array([[0.0] * len(columns), [1.0] * len(columns)]),
        )
        far = 0.5 * np.ptp(f)
        bounds = {
            (f.max(), np.inf): False,
            (-np.inf, f.min()): False,
            (f.max() + far, np.inf): True,
            (-np.inf, f.min() - far): True,
        }
        for (low, high), none in bounds.items():
            assert (
                search.verdict(*ends, np.array([low]), np.array([high]), TimeBudget()).none == none
            )
        missed = search.missed(
            np.repeat(here[None], 2, axis=0),
            np.array([[f.mean()], [f.max() + np.ptp(f) + 1.0]]),
            TimeBudget(),
        )
        assert missed.tolist() == [False, True]


def hump(place: tuple[float, float] = (0.31, 0.77), narrow: int = 96) -> Model:
    """y = 0.02 (a + b) and a peak of 1 that is two spans wide: no start of a search falls on it, no
    slope leads there."""
    axes = [spline_axis(n, "", 0.0, 1.0, spans=narrow) for n in "ab"]
    tables = []
    for axis, p in zip(axes, place, strict=True):
        peak = np.zeros(axis.basis.n_rows)
        peak[int(p * narrow)] = 1.5
        tables.append(
            np.stack(
                [peak, np.linspace(0, 1, axis.basis.n_rows), np.ones(axis.basis.n_rows)], axis=1
            )
        )
    tables[1] = tables[1][:, [0, 2, 1]]
    return Model(axes, CP.full(tables, [[1.0], [0.02], [0.02]]), [Output("y")])


PLACES = [
    (0.31, 0.77),
    (0.1, 0.2),
    (0.52, 0.13),
    (0.9, 0.9),
    (0.05, 0.6),
    (0.66, 0.34),
    (0.43, 0.43),
    (0.8, 0.07),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_the_search_misses_is_found(place: tuple[float, float]) -> None:
    """'no setting of the adjustable inputs brings it inside' where one does."""
    found = advise(hump(place), {"a": 0.5, "b": 0.5}, {"y": (0.5, None)}, ["a", "b"])
    assert found.status == Status.OK and found.after["y"]["value"] >= 0.5
    assert np.hypot(found.settings["a"] - place[0], found.settings["b"] - place[1]) < 0.06


def table(link: str = "identity", scale: float = 1.0, interval: Interval | None = None) -> Model:
    """y = g(a + b + lot / 4) scale over [0, 1]^2."""
    axes = [
        spline_axis("a", "", 0.0, 1.0, spans=4),
        spline_axis("b", "", 0.0, 1.0, spans=3),
        level_axis("lot", ("p", "q")),
    ]
    one = [np.ones(a.basis.n_rows) for a in axes]
    line = [_line(a) for a in axes[:2]]
    tables = [
        np.stack([line[0], one[0], one[0]], 1),
        np.stack([one[1], line[1], one[1]], 1),
        np.array([[1, 1, 0], [1, 1, 0.25]]),
    ]
    return Model(
        axes,
        CP.full(tables, np.ones((3, 1))),
        [Output("y", link=link, scale=scale, interval=interval)],
    )


def _line(axis: Any) -> np.ndarray:
    x = np.linspace(axis.lower, axis.upper, 60)
    span, local = axis.basis.values(x)
    design = np.zeros((60, axis.basis.n_rows))
    for i in range(axis.basis.degree + 1):
        design[np.arange(60), axis.basis.first_row[span] + i] = local[:, i]
    return np.linalg.lstsq(design, x, rcond=None)[0]


HERE = {"a": 0.2, "b": 0.2, "lot": "p"}
NOTHING = [
    ("beyond the maximum", table(), (2.1, None), ["a", "b"], Status.UNREACHABLE),
    ("below the minimum", table(), (None, -0.1), ["a", "b"], Status.UNREACHABLE),
    ("one knob", table(), (1.5, 1.6), ["a"], Status.UNREACHABLE),
    (
        "the other lot would do, but may not be taken",
        table(),
        (2.1, 2.2),
        ["a", "b"],
        Status.UNREACHABLE,
    ),
    ("the other lot does", table(), (2.1, 2.2), ["a", "b", "lot"], Status.OK),
    ("no lot does", table(), (2.3, 2.4), ["a", "b", "lot"], Status.UNREACHABLE),
    ("an exp link", table("exp"), (8.0, None), ["a", "b"], Status.UNREACHABLE),
    (
        "a logistic link beyond its range",
        table("logistic"),
        (1.5, None),
        ["a", "b"],
        Status.UNREACHABLE,
    ),
    ("a falling output", table(scale=-1.0), (None, -2.1), ["a", "b"], Status.UNREACHABLE),
    (
        "an interval wider than the limits",
        table(interval=Interval(0.9, 1.0, 1.0)),
        (0.9, 1.1),
        ["a", "b"],
        Status.UNREACHABLE,
    ),
    (
        "steps that all miss",
        table(),
        (0.72, 0.78),
        {"a": Knob(step=0.3), "b": Knob(upper=0.2)},
        Status.NOT_CONVERGED,
    ),
    (
        "steps, all listed",
        table(),
        (0.5, 0.55),
        {"a": Knob(step=0.2), "b": Knob(step=0.2)},
        Status.UNREACHABLE,
    ),
]


@pytest.mark.parametrize(
    ("model", "limits", "knobs", "status"), [n[1:] for n in NOTHING], ids=[n[0] for n in NOTHING]
)
def test_nothing_is_claimed_after_a_complete_search_alone(
    model: Model, limits: Any, knobs: Any, status: Status, monkeypatch: Any
) -> None:
    found = advise(model, HERE, {"y": limits}, knobs)
    assert found.status == status and ("no setting of the adjustable inputs" in found.message) == (
        status == Status.UNREACHABLE
    )
    if (
        status == Status.UNREACHABLE
        and len(knobs) > 1
        and not any(k.step for k in getattr(knobs, "values", list)())
    ):
        monkeypatch.setattr(infeasibility, "MOST_CELLS", 0)
        less = advise(model, HERE, {"y": limits}, knobs)
        wide = model.outputs[0].interval is not None
        assert less.status == (Status.UNREACHABLE if wide else Status.NOT_CONVERGED)
        assert wide or "but one may exist" in less.message


def test_a_level_set_says_not_found_where_nothing_is_proven(monkeypatch: Any) -> None:
    model = table()
    assert level_set(model, 5.0, ["a", "b", "lot"], 8).status == Status.UNREACHABLE
    monkeypatch.setattr(infeasibility, "MOST_CELLS", 0)
    found = level_set(model, 5.0, ["a", "b", "lot"], 8)
    assert (
        found.status == Status.NOT_CONVERGED
        and "was not found" in found.message
        and found.nearest is not None
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_row_that_has_an_answer_is_never_unreachable(
    seed: int, random_model: Callable[..., Model]
) -> None:
    """Rows whose settings exist were called unreachable where no start led to them."""
    model, rng = random_model(seed, link="identity"), np.random.default_rng(seed)
    x = np.stack([rng.uniform(a.lower, a.upper, 400) for a in model.axes], axis=1)
    y = model.backend.value(x)[:, 0]
    known = {"x1": x[:, 1], "x2": x[:, 2]}
    found = invert_batch(model, y, ["x0"], known)
    assert set(found.status.tolist()) <= {Status.OK, Status.NOT_CONVERGED}
    far = invert_batch(model, y + 1e3 * (np.abs(y).max() + 1.0), ["x0"], known)
    proven = Status.UNREACHABLE if isinstance(model.interaction, CP) else Status.NOT_CONVERGED
    assert (far.status == proven).all()


BAD = [
    (None, None),
    (float("-inf"), float("inf")),
    (2.0, 1.0),
    (float("nan"), 1.0),
    (1.0, float("nan")),
    ("x", 1.0),
    (float("inf"), None),
    (None, float("-inf")),
    (None, float("inf")),
]


@pytest.mark.parametrize("limits", BAD)
def test_limits_that_limit_nothing_or_make_no_sense_are_refused(limits: Any) -> None:
    """`y=:` counted as inside."""
    model = table()
    with pytest.raises(InputError, match="limits of 'y'"):
        advise(model, HERE, {"y": limits}, ["a"])
    answer = interval_set(model, "a", {"y": limits}, {"b": 0.2, "lot": "p"})
    assert answer.status == Status.BAD_INPUT and "limits of 'y'" in answer.message


@pytest.mark.parametrize(
    "text", ["y=:", "y= : ", "y=2:1", "y=nan:1", "y=1:nan", "y=inf:", "z=0:1", "y=1", "y=a:b"]
)
def test_the_command_line_refuses_them_too(text: str, tmp_path: Any, capsys: Any) -> None:
    from sna_edge.cli.main import main

    path = str(tmp_path / "m.sna")
    table().save(path)
    advice = ["--limits", text, "--knobs", "a", "--part", "a=0.2", "b=0.2", "lot=p"]
    interval = ["--target", text, "--unknown", "a", "--at", "b=0.2", "lot=p"]
    for words in (advice,) if text == "y=1" else (advice, interval):
        assert main(["inverse", path, *words]) == 2
        said = capsys.readouterr().err
        assert "Traceback" not in said and said.count("\n") <= 2 and said


@pytest.mark.parametrize("target", [1e306, -1e306, 1e9, 1e200, -1e200, 1.7e308, 2.5, -0.5])
def test_a_target_out_of_reach_is_unreachable(target: float) -> None:
    """A target of 1e306 was answered 'a from 0 to 1'."""
    for scale in (1.0, 1e-3, 1e-9):
        model = table(scale=scale)
        found = roots(model.with_backend("numpy"), "a", target, {"b": 0.2, "lot": "p"})
        assert not len(found.intervals) and found.message
        assert (
            found.nearest is not None
            if found.status == Status.UNREACHABLE
            else abs(target) > 2.0**500 * scale
        )
        assert level_set(model, target, ["a", "b", "lot"], 4).status == found.status
