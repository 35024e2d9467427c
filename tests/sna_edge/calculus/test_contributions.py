"""Contributions of inputs are the Shapley values of the model itself, by the definition: over all
orders in which inputs change from the reference to the point."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest

from sna_edge import (
    CP,
    DomainError,
    InputError,
    Levels,
    Model,
    Normal,
    Output,
    Uniform,
    level_axis,
    spline_axis,
)
from sna_edge.calculus.contributions import coalitions
from sna_edge.calculus.contributions.atoms import Atoms, Side
from sna_edge.calculus.contributions.coordinates import contributed
from sna_edge.core.classes import as_probabilities
from sna_edge.core.missing import Gaps

from ... import model_kinds

Floats = np.ndarray


def shapley(v: Any, n: int) -> Floats:
    """sum_S |S|! (n-1-|S|)! / n! (v(S + i) - v(S)), [n, K], term by term."""
    out = []
    for i in range(n):
        rest = [j for j in range(n) if j != i]
        terms = [
            (v({*s, i}) - v(set(s))) / (n * comb(n - 1, size))
            for size in range(n)
            for s in combinations(rest, size)
        ]
        out.append(np.sum(terms, axis=0))
    return np.stack(out)


def of_settings(model: Model, x: Floats, reference: Floats) -> Floats:
    """By values of the model at mixed settings of coordinates."""

    def v(members: set[int]) -> Floats:
        mixed = reference.copy()
        mixed[list(members)] = x[list(members)]
        return as_probabilities(model.classes, model.value(mixed[None], level_index=True))[0]

    return shapley(v, len(x))


def close(found: Floats, wanted: Floats) -> None:
    """To rounding of sums of a few hundred products."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11 * (1 + np.abs(wanted).max()))


def kinds(build: Any) -> dict[str, Model]:
    """One model of every kind, inputs of every kind among them."""
    models = {
        "modes of some axes": build.cp(build.mixed_axes(), seed=1),
        "full": model_kinds.spline_model(4, rows=9, modes=5, outputs=3),
        "train": build.tt(build.mixed_axes(), seed=2),
        "exp": build.linked("exp"),
        "logistic": build.linked("logistic"),
    }
    models["single input"] = build.cp(build.smooth_axes()[:1], seed=4)
    tt = build.tt(build.smooth_axes(), seed=3, outputs=2)
    work = tt.interaction
    models["train behind links"] = tt.replace(
        interaction=work.with_tables(work.tables, work.weights * 0.1),
        outputs=[Output("a", link="exp"), Output("b", scale=3.0)],
    )
    labels = build.cp(build.mixed_axes(), seed=6, outputs=3)
    told = {"target": "grade", "kind": "several", "labels": ["a", "b", "c"],
            "outputs": ["a", "b", "c"], "threshold": 0.5}  # fmt: skip
    models["several labels"] = labels.replace(
        outputs=[Output(name, link="exp", bias=0.2) for name in "abc"],
        interaction=labels.interaction.with_tables(
            labels.interaction.tables, labels.interaction.weights * 0.3
        ),
        metadata={"classes": [told]},
    )
    return models


KINDS = ["modes of some axes", "full", "train", "exp", "logistic", "single input",
         "train behind links", "several labels"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_against_a_setting_are_shapley_values(build: Any, kind: str) -> None:
    model = kinds(build)[kind]
    x, (reference,) = build.points(model, 4, seed=1), build.points(model, 1, seed=2)
    found = model.contributions(x, reference, level_index=True)
    assert found.names == tuple(model.input_names) and found.exact and not found.remark
    for i, row in enumerate(x):
        close(found.contribution[i], of_settings(model, row, reference))
        one = model.contributions(row, reference, level_index=True)
        close(one.contribution, found.contribution[i])
        assert one.value.shape == one.base.shape == (len(model.outputs),)
    close(found.base + found.contribution.sum(axis=1), found.value)
    close(found.value, as_probabilities(model.classes, model.value(x, level_index=True)))


@pytest.mark.parametrize("kind", KINDS)
def test_several_references_are_averaged(build: Any, kind: str) -> None:
    model = kinds(build)[kind]
    x, rows = build.points(model, 2, seed=1), build.points(model, 5, seed=2)
    found = model.contributions(x, rows, level_index=True)
    for i, row in enumerate(x):
        close(found.contribution[i], np.mean([of_settings(model, row, r) for r in rows], axis=0))
    close(found.base + found.contribution.sum(axis=1), found.value)


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_against_means_are_those_of_conditional_means(build: Any, kind: str) -> None:
    """v(S) = g(E[f | x_S]), by moments that this room already has."""
    model = kinds(build)[kind]
    over: dict[str, Any] = {model.input_names[0]: Uniform()}
    if "alloy" in model.input_names:
        over |= {"alloy": Levels({"316L": 0.3, "Ti64": 0.7}), "power": Normal(200.0, 60.0)}
    x = build.points(model, 2, seed=3)
    plain = model.replace(outputs=[Output(o.name, bias=o.bias) for o in model.outputs], metadata={})

    def v(members: set[int], row: Floats) -> Floats:
        fixed = {a.name: row[d] for d, a in enumerate(model.axes) if d in members}
        level = {a.name: a.level_names for a in model.axes}
        named = {n: level[n][int(c)] if level[n] else c for n, c in fixed.items()}
        rest = {n: over.get(n, Uniform()) for n in model.input_names if n not in fixed}
        part = plain.at(named) if named else plain
        f = part.mean(rest) if rest else part
        y = np.array([o.value(np.array(p)) for o, p in zip(bare, f, strict=True)])
        return as_probabilities(model.classes, y[None])[0]

    bare = [o.__class__(o.name, link=o.link, scale=o.scale, offset=o.offset) for o in model.outputs]
    found = model.contributions(x, over, level_index=True)
    for i, row in enumerate(x):
        close(found.contribution[i], shapley(lambda s, row=row: v(s, row), len(row)))
    close(found.base, v(set(), x[0]))
    close(found.base + found.contribution.sum(axis=1), found.value)


def test_default_is_the_mean_over_the_domain(build: Any) -> None:
    model = build.cp(build.mixed_axes(), seed=1)
    x = build.points(model, 3, seed=1)
    found = model.contributions(x, level_index=True)
    uniform = model.contributions(x, {"power": Uniform()}, level_index=True)
    assert np.array_equal(found.contribution, uniform.contribution)
    close(found.base, model.mean())


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_as_in_the_reference_contribute_nothing_at_all(build: Any, kind: str) -> None:
    model = kinds(build)[kind]
    x, (reference,) = build.points(model, 3, seed=1), build.points(model, 1, seed=2)
    x[:, 0] = reference[0]
    x[1] = reference
    found = model.contributions(x, reference, level_index=True)
    assert (found.contribution[:, 0] == 0.0).all() and (found.contribution[1] == 0.0).all()
    if len(model.axes) > 1:
        assert (found.contribution[0, 1:] != 0.0).any()


@pytest.mark.parametrize("kind", ["cp", "tt"])
def test_rounding_of_atoms_is_no_contribution(build: Any, kind: str) -> None:
    """Two evaluations of one place may differ in the last digit."""
    model = getattr(build, kind)(build.smooth_axes(), seed=1)
    x = build.points(model, 2, seed=1)
    point, reference = Atoms(model).both(x[:1], np.array([[x[0, 0], *x[1, 1:]]]))
    near = Side([a * (1 + 3e-16) for a in point.atoms], point.x)
    share = contributed(model, [[0], [1], [2]], near, reference)[0]
    assert (share[0, 0] == 0.0).all() and (share[0, 1:] != 0.0).all()


def test_both_ends_of_a_period_are_one_place(build: Any) -> None:
    model = build.cp(build.mixed_axes(), seed=1)
    (x,) = build.points(model, 1, seed=1)
    x[2], reference = 0.0, x.copy()
    reference[2] = 360.0
    found = model.contributions(x, reference, level_index=True)
    assert np.abs(found.contribution).max() < 1e-12


def test_an_additive_model_gives_each_input_its_own_difference() -> None:
    axes = [spline_axis(name, "", 0.0, 1.0, spans=1, degree=1) for name in "abc"]
    tables = tuple(np.array([[0.0], [s]]) for s in (1.0, -2.0, 4.0))
    cp = CP(tables, tuple(np.array([d]) for d in range(3)), np.ones((3, 1)))
    found = Model(axes, cp, [Output("y", scale=2.0)]).contributions([0.5, 0.5, 1], [0, 0, 0.5])
    assert found.contribution[:, 0].tolist() == [1.0, -2.0, 4.0]


def test_atoms_that_vanish_do_no_harm() -> None:
    axes = [spline_axis(name, "", 0.0, 1.0, spans=1, degree=1) for name in "abcd"]
    model = Model(axes, CP.full([[[0.0], [1.0]]] * 4), [Output("y")])
    found = model.contributions(np.ones(4), np.zeros(4))
    close(found.contribution, np.full((4, 1), 0.25))


def of_many(inputs: int, link: str) -> Model:
    base = model_kinds.spline_model(inputs, rows=6, modes=3, degree=2)
    work = base.interaction
    tables = tuple(0.2 * t / np.abs(t).max() + 1.0 for t in work.tables)
    weights = np.full((3, 1), 0.2)
    return base.replace(
        interaction=work.with_tables(tables, weights), outputs=[Output("y", link=link)], dtypes=None
    )


def test_twelve_inputs_behind_a_link_are_exact(build: Any) -> None:
    model = of_many(12, "exp")
    x, reference = build.points(model, 2, seed=1)
    found = model.contributions(x, reference)
    assert found.exact
    close(found.contribution, of_settings(model, x, reference))


def test_more_inputs_behind_a_link_say_how_far_they_may_be_off(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = of_many(10, "logistic")
    x, reference = build.points(model, 2, seed=1)
    exact = model.contributions(x, reference)
    monkeypatch.setattr("sna_edge.calculus.contributions.coordinates.ALL", 100)
    found = model.contributions(x, reference)
    assert not found.exact and (found.error > 0).all()
    off = np.abs(found.contribution - exact.contribution)
    assert (off <= found.error).mean() >= 0.8 and (off <= 3 * found.error).all()
    close(found.base + found.contribution.sum(axis=0), found.value)
    linear = model.replace(outputs=[Output("y")]).contributions(x, reference)
    assert linear.exact


def test_twenty_inputs_of_a_sum_are_exact_and_of_a_link_sampled(build: Any) -> None:
    x, reference = build.points(of_many(20, "identity"), 2, seed=1)
    found = of_many(20, "identity").contributions(x, reference)
    assert found.exact
    close(found.base + found.contribution.sum(axis=0), found.value)
    linked = of_many(20, "exp").contributions(x, reference)
    assert not linked.exact and linked.error.max() < 0.01 * np.abs(linked.contribution).max()
    x[:12] = reference[:12]  # eight that differ are enumerated
    assert of_many(20, "exp").contributions(x, reference).exact


def test_random_orders_meet_enumeration() -> None:
    """v(S) = (sum of weights of S)^2."""
    weights = np.array([1.0, 2.0, 3.0, -1.0])

    def game(masks: Floats) -> Floats:
        return (masks @ weights)[:, None] ** 2

    exact, none, whole = coalitions.enumerated(game, 4)
    assert none.tolist() == [0.0] and whole.tolist() == [25.0]
    close(exact[:, 0], weights * weights.sum())  # w_i^2 + w_i sum of the others
    found, _, _ = coalitions.ordered(game, 4, 2000, np.random.default_rng(1))
    close(found[7], exact)  # an order and its reverse are exact where no three inputs act together
    assert (np.abs(found.mean(axis=0) - exact) <= 2 * coalitions.half_width(found) + 1e-12).all()


def test_a_missing_reading_and_its_flag_are_one_input() -> None:
    axes = [
        *(spline_axis(n, "", 0.0, 2.0, spans=2) for n in "ab"),
        level_axis("a missing", ("no", "yes")),
    ]
    gaps = Gaps(("a", "b"), np.ones(2), np.array([[1.0, 0.5], [0.5, 1.0]]), {"a": "a missing"}, ())
    model = model_kinds.model_on(axes, dtype="float64").replace(
        metadata={"missing": gaps.metadata()}
    )
    found = model.contributions({"b": 1.5}, {"a": 0.3, "b": 0.2})
    assert found.names == ("a", "b")
    usual = gaps.completed(tuple(axes), {"b": 1.5}, False)[0][0, 0]
    assert abs(usual - 1.25) < 1e-8

    def v(members: set[int]) -> Floats:
        a, flag = (usual, 1.0) if 0 in members else (0.3, 0.0)
        return model.value([a, 1.5 if 1 in members else 0.2, flag], level_index=True)

    close(found.contribution, shapley(v, 2))


def test_what_has_no_value_is_refused(build: Any) -> None:
    model = build.cp(build.smooth_axes(), seed=1)
    good = {"x": 0.0, "y": 0.5, "z": 10.5}
    with pytest.raises(DomainError, match="'x'"):
        model.contributions({**good, "x": 3.0}, good)
    with pytest.raises(DomainError, match=r"^the reference: input 'y'.*give values inside") as told:
        model.contributions(good, {**good, "y": 3.0})
    assert "extrapolate" not in str(told.value) and told.value.axis == "y"
    with pytest.raises(InputError, match=r"^the reference: .*'z' is missing"):
        model.contributions(good, {"x": 0.0, "y": 0.5})
    with pytest.raises(InputError, match="distributions alone"):
        model.contributions(good, {"x": Uniform(), "y": 0.5})
    with pytest.raises(InputError, match="no row"):
        model.contributions(np.zeros((0, 3)), good)
    with pytest.raises(InputError, match="no row to explain against"):
        model.contributions(good, np.zeros((0, 3)))


def test_outputs_without_a_link_stay_exact_beside_sampled_ones(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = of_many(10, "exp")
    work = base.interaction
    model = base.replace(
        interaction=work.with_tables(work.tables, np.repeat(work.weights, 2, axis=1)),
        outputs=[Output("a"), Output("b", link="exp")],
    )
    monkeypatch.setattr("sna_edge.calculus.contributions.coordinates.ALL", 100)
    found = model.contributions(*build.points(model, 2, seed=1))
    assert (found.error[:, 0] == 0.0).all() and (found.error[:, 1] > 0.0).all()


def test_half_widths_hold_95_of_100_means() -> None:
    samples = np.random.default_rng(1).standard_normal((50, 4000))
    inside = np.abs(samples.mean(axis=0)) <= coalitions.half_width(samples)
    assert 0.93 < inside.mean() < 0.96
