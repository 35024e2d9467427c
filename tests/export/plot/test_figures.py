"""Figures show the model's own numbers, on every kind of model."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from sna_edge import Interval, Model, Normal, level_axis
from sna_edge.calculus.moments import pair_indices
from sna_edge.errors import BackendError, InputError
from sna_edge.inverse import level_set, posterior, roots
from sna_edge.inverse.query.scatter import Scatter
from sna_edge.quality.capability.setting import setting
from sna_edge.quality.limits import Limit, LineLimits

pytest.importorskip("matplotlib")

from sna_export import plot
from sna_export.plot.canvas import folded, label
from sna_export.plot.sweeps import _made

from ...model_kinds import KINDS, mixed, model_on, spline_model, train
from ...sna_edge.beside_models import whole

EVERY: dict[str, Callable[[], Model]] = {
    "one input": lambda: spline_model(1, 12, 3),
    "20 inputs": lambda: spline_model(20, 10, 4),
    "3 outputs": KINDS["cp 3 outputs"],
    "levels, periodic": mixed,
    "link exp": KINDS["link exp"],
    "train": train,
    "sparse": KINDS["sparse"],
    "companions, readings": whole,
}


def with_interval(model: Model) -> Model:
    return model.replace(
        outputs=[replace(o, interval=Interval(0.9, 0.5, 0.25)) for o in model.outputs]
    )


def table(model: Model, count: int = 60) -> dict[str, Any]:
    """Rows in the domain with the model's values and some noise."""
    rng = np.random.default_rng(3)
    columns: dict[str, Any] = {}
    for a in model.axes:
        u = rng.uniform(size=count)
        columns[a.name] = (
            np.array(a.level_names, dtype=object)[(u * a.basis.n_spans).astype(int)]
            if a.kind == "categorical"
            else a.lower + u * a.width
        )
    y = model.value(columns)
    for k, name in enumerate(model.output_names):
        columns[name] = y[:, k] + 0.05 * np.ptp(y[:, k]) * rng.standard_normal(count)
    return columns


def line(ax: Any, name: str) -> Any:
    return next(entry for entry in ax.lines if entry.get_label() == name)


@pytest.mark.parametrize("kind", EVERY)
def test_every_kind_of_model_has_every_picture(kind: str, tmp_path: Any) -> None:
    model = EVERY[kind]()
    makers = [
        lambda: plot.profile(model),
        lambda: plot.atoms(model),
        lambda: plot.sweep(model),
        lambda: plot.sensitivity(model, outputs=model.output_names[0]),
    ]
    if len(model.axes) > 1:
        makers.append(lambda: plot.contour(model))
    for i, make in enumerate(makers):
        path = tmp_path / f"{i}.svg"
        plot.save(make(), path)
        assert path.read_bytes().startswith(b"<?xml")


def test_profile_shows_values_intervals_setting_rug_and_limits() -> None:
    model = with_interval(mixed())
    rows, at = table(model), {"power": 250.0, "alloy": "IN718"}
    figure = plot.profile(model, at, rows=rows, limits={"depth": (-1.0, 2.0)})
    assert len(figure.axes) == 8
    for n, ax in enumerate(figure.axes):
        k, d = divmod(n, 4)
        axis = model.axes[d]
        if axis.kind == "categorical":
            continue
        drawn, dot = line(ax, "value"), line(ax, "setting")
        point = {a.name: float(line(figure.axes[4 * k + i], "setting").get_xdata()[0])
                 for i, a in enumerate(model.axes)}  # fmt: skip
        points = np.tile(list(point.values()), (len(drawn.get_xdata()), 1))
        points[:, d] = drawn.get_xdata()
        found = model.evaluate(points, level_index=True)
        assert np.array_equal(drawn.get_ydata(), found.value[:, k])
        here = model.evaluate(np.array(list(point.values())), level_index=True)
        assert dot.get_ydata()[0] == here.value[0, k]
        band = ax.collections[0].get_paths()[0].vertices
        assert band[:, 1].max() == pytest.approx(found.upper[:, k].max(), rel=1e-12)
        assert band[:, 1].min() == pytest.approx(found.lower[:, k].min(), rel=1e-12)
        rug = line(ax, "_rug").get_xdata()
        assert set(rug[np.isfinite(rug)]) <= set(rows[axis.name])
        ends = [v.get_ydata()[0] for v in ax.lines if v.get_label() == "limit"]
        assert ends == ([-1.0, 2.0] if k == 0 else [])
    assert line(figure.axes[0], "setting").get_xdata()[0] == 250.0
    assert line(figure.axes[3], "setting").get_xdata()[0] == 1.0


def test_contour_shows_values_and_rows() -> None:
    model = spline_model(3, 12, 4, outputs=2)
    rows = table(model)
    figure = plot.contour(model, ["x2", "x0"], {"x1": 0.7}, rows=rows, outputs="y1")
    ax = figure.axes[0]
    z = ax.images[0].get_array()
    grid = [np.linspace(a.lower, a.upper, z.shape[1]) for a in (model.axes[2], model.axes[0])]
    expected = model.grid({"x0": grid[1], "x2": grid[0]}, at={"x1": 0.7})[..., 1]
    assert np.allclose(z, expected, rtol=1e-12, atol=1e-12)  # another order of sums
    left, right, low, high = ax.images[0].get_extent()
    half = model.axes[2].width / (z.shape[1] - 1) / 2
    assert (left + half, right - half) == pytest.approx((model.axes[2].lower, model.axes[2].upper))
    dots = line(ax, "measured rows")
    assert np.array_equal(dots.get_xdata(), rows["x2"])
    assert np.array_equal(dots.get_ydata(), rows["x0"])


def test_contour_of_width_probability_and_familiarity() -> None:
    model = whole()
    at = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 50.0}
    pair = ["angle", "density"]
    name = model.output_names[0]
    wide = plot.contour(model, pair, at, shown="width", outputs=name).axes[0].images[0].get_array()
    sure = plot.contour(model, pair, at, shown="probability", limits={name: (None, 1.0)})
    known = plot.familiarity(model, pair, at).axes[0].images[0].get_array()
    p = sure.axes[0].images[0].get_array()
    point = np.array([150.0, 0.0, 0.0, 0.0, 0.0])  # the corner of the maps
    there = model.evaluate(point, level_index=True)
    assert wide[0, 0] == there.upper[0, 0] - there.lower[0, 0]
    high = np.where(np.arange(len(model.outputs)) == 0, 1.0, np.inf)
    told = model.predictive(point, level_index=True).joint_probability(-np.inf, high)
    assert p[0, 0] == told[0]
    assert known[0, 0] == model.familiarity(point, level_index=True).p[0]


def test_a_map_of_levels_has_a_cell_each() -> None:
    model = mixed()
    ax = plot.contour(model, ["alloy", "power"], outputs="depth").axes[0]
    assert ax.images[0].get_array().shape[1] == 3
    assert [t.get_text() for t in ax.get_xticklabels()] == ["316L", "IN718", "Ti64"]


def test_residuals_are_measured_minus_predicted() -> None:
    model = with_interval(mixed())
    rows = table(model, 80)
    figure = plot.residuals(model, rows, outputs="depth")
    predicted = model.value({n: rows[n] for n in model.input_names})[:, 0]
    error = rows["depth"] - predicted
    equal, against, order, covered, power = figure.axes[:5]
    assert np.array_equal(line(equal, "rows").get_xdata(), rows["depth"])
    assert np.array_equal(line(equal, "rows").get_ydata(), predicted)
    assert np.array_equal(line(against, "rows").get_ydata(), error)
    assert np.array_equal(line(order, "rows").get_xdata(), np.arange(1, 81))
    assert np.array_equal(line(power, "rows").get_xdata(), rows["power"])
    quarter = predicted <= np.sort(predicted)[19]
    found = model.evaluate({n: rows[n][quarter] for n in model.input_names})
    y = rows["depth"][quarter]
    inside = (y >= found.lower[:, 0]) & (y <= found.upper[:, 0])
    assert line(covered, "covered").get_ydata()[0] == pytest.approx(100 * inside.mean())
    assert f"RMSE {np.sqrt((error**2).mean()):.4g}" in figure.legends[0].get_texts()[0].get_text()


@pytest.mark.parametrize("kind", ["cp 3 outputs", "link exp"])
def test_sensitivities_are_those_of_the_output(kind: str) -> None:
    model = KINDS[kind]()
    over = {"x0": Normal(0.5, 0.1)}
    figure = plot.sensitivity(model, over, outputs="y1")
    found = model.sobol(over, sampled=True)
    order = np.argsort(-found.total[:, 1], kind="stable")
    bars, pairs = figure.axes[:2]
    widths = [p.get_width() / 100 for p in bars.patches]
    count = len(model.axes)
    assert np.allclose(widths[:count], found.first[order, 1], rtol=1e-12)
    assert np.allclose(widths[count:], found.total[order, 1], rtol=1e-12)
    shown = pairs.images[0].get_array().filled(np.nan) / 100
    told = pair_indices(model, over, sampled=True)[np.ix_(order, order)][..., 1]
    off = ~np.eye(count, dtype=bool)
    assert np.allclose(shown[off], told[off], rtol=1e-12)


def test_corner_plots_show_solutions_and_samples() -> None:
    model = with_interval(spline_model(3, 10, 4))
    point = {"x0": 0.4, "x1": 0.8, "x2": 1.5}
    y = float(model(point)[0])
    found = level_set(model, {"y0": y}, ["x0", "x1"], 40, at={"x2": 1.5})
    ax = plot.inverse(found).axes[1]
    assert np.array_equal(ax.lines[0].get_xdata(), found.x[:, 0])
    assert np.array_equal(ax.lines[0].get_ydata(), found.x[:, 1])
    drawn = posterior(model, {"y0": np.array([y])}, ["x0", "x1"], 0.1, n=200, at={"x2": 1.5})
    corner = plot.inverse(drawn, truth={"x0": 0.4}).axes
    counts, _ = np.histogram(drawn.x[:, 0], 30, (model.axes[0].lower, model.axes[0].upper))
    assert [p.get_height() for p in corner[0].patches][:30] == counts.tolist()
    assert line(corner[1], "_child1").get_marker() == "D"
    (one,) = plot.inverse(roots(model, "x0", y, {"x1": 0.8, "x2": 1.5})).axes
    assert np.isclose(line(one, "solutions").get_xdata(), 0.4).any()


def test_sweep_tells_what_capability_tells() -> None:
    model = whole()
    at = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 50.0}
    x = np.array([150.0, 30.0, 0.0, 0.0, 50.0])
    name, value = "depth", float(model.evaluate(x, level_index=True).value[0, 0])
    limit = Limit(name, usl=value + 0.01)
    told = setting(model, LineLimits((limit,)), x, Scatter.of(model, {"power": 2.0}))
    figure = plot.sweep(
        model, at, scatter={"power": 2.0}, limits={name: (None, limit.usl)}, outputs=name
    )
    shown = figure.axes[0].get_title(loc="left")
    one = told["outputs"][name]
    assert f"Ppk {one['Ppk']:.2f}" in shown and f"{one['ppm']:,.0f} ppm" in shown
    assert line(figure.axes[0], "limit").get_xdata()[0] == limit.usl
    bare = spline_model(2, 10, 3)
    drawn = plot.sweep(bare, {"x0": 0.5, "x1": 1.0}, limits={"y0": (0.0, 9.0)})
    assert "of the model alone" in drawn.axes[0].get_title(loc="left")


def test_sweep_of_the_model_alone_is_exact() -> None:
    model = spline_model(2, 10, 3)
    at = {"x0": 0.5, "x1": 1.0}
    x = np.array([0.5, 1.0])
    made = _made(model, x, Scatter.of(model, {"x0": 0.02}), 0)
    mean, deviation = Scatter.of(model, {"x0": 0.02}).moments(model, x)
    assert made.values.mean() == pytest.approx(mean[0], rel=1e-3)  # low-discrepancy points
    assert made.values.std() == pytest.approx(deviation[0], rel=1e-2)
    assert plot.sweep(model, at, scatter={"x0": 0.0}) is not None


def test_atoms_are_the_tables_scaled_to_one() -> None:
    model = KINDS["sparse"]()
    figure = plot.atoms(model, ["x1"])
    drawn = figure.axes[0].lines
    cp = model.interaction
    x = drawn[0].get_xdata()
    phi = model.axes[1].basis.design(x) @ cp.tables[1]
    scaled = phi / np.abs(phi).max(axis=0)
    assert len(drawn) == len(cp.modes[1])
    for curve in drawn:
        assert np.isclose(scaled.T, curve.get_ydata(), atol=1e-12).all(axis=1).any()
    assert len(plot.atoms(train(), count=2).axes[1].lines) == 2


@pytest.mark.parametrize("end", ["svg", "png", "pdf"])
def test_files_are_the_same_twice_and_have_no_date(end: str, tmp_path: Any) -> None:
    model = with_interval(spline_model(2, 8, 3))
    for name in "ab":
        plot.save(plot.contour(model, rows=table(model)), tmp_path / f"{name}.{end}")
    data = (tmp_path / f"a.{end}").read_bytes()
    assert data == (tmp_path / f"b.{end}").read_bytes()
    assert b"CreationDate" not in data and b"<dc:date>" not in data


def test_a_notebook_shows_a_figure() -> None:
    assert plot.atoms(spline_model(1, 6, 2))._repr_png_().startswith(b"\x89PNG")


def test_units_stand_once_and_names_fold() -> None:
    model = spline_model(1, 6, 2)
    names = {"age_day": "day", "cement_kg_m3": "kg/m3", "power [W]": "W", "power": "W", "w": "W"}
    told = [label(replace(model.axes[0], name=n, unit=u)) for n, u in names.items()]
    assert told == ["age_day", "cement_kg_m3", "power [W]", "power [W]", "w [W]"]
    assert folded("superplasticizer_kg_m3", 12) == "superplasticizer_\nkg_m3"
    assert max(map(len, folded("x" * 90, 20).split("\n"))) <= 40


BAD = {
    "no input": lambda m: plot.profile(m, {"nope": 1.0}),
    "outside": lambda m: plot.profile(m, {"power": 1e9}),
    "no level": lambda m: plot.profile(m, {"alloy": "gold"}),
    "no output": lambda m: plot.profile(m, outputs="nope"),
    "no input to map": lambda m: plot.contour(m, ["power", "nope"]),
    "one input": lambda m: plot.contour(m, ["power"]),
    "twice": lambda m: plot.contour(m, ["power", "power"]),
    "limits turned": lambda m: plot.profile(m, limits={"depth": (2.0, 1.0)}),
    "no width": lambda m: plot.contour(m, shown="width"),
    "no distribution": lambda m: plot.contour(m, shown="probability", limits={"depth": (0, 1)}),
    "no limits": lambda m: plot.contour(m, shown="probability"),
    "no such map": lambda m: plot.contour(m, shown="nope"),
    "no familiarity": lambda m: plot.familiarity(m),
    "no rows": lambda m: plot.residuals(m, {n: v for n, v in table(m).items() if n != "depth"},
                                        outputs="depth"),
    "no names": lambda m: plot.residuals(m, np.ones((3, 4))),
    "no inputs": lambda m: plot.residuals(m, {"depth": [1.0]}),
    "scatter of levels": lambda m: plot.sweep(m, scatter={"alloy": 1.0}),
    "too many curves": lambda m: plot.atoms(m, count=99),
    "size": lambda m: plot.profile(m, size=(1e9, 1.0)),
    "level": lambda m: plot.profile(m, level=0.9),
    "nothing found": lambda m: plot.inverse(level_set(m, {"depth": 1e9}, ["power"],
                                            at={"angle": 0.0, "radius": 1.0, "alloy": "316L"})),
}  # fmt: skip


@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_drawn_is_one_sentence(why: str) -> None:
    with pytest.raises(ValueError) as refused:
        BAD[why](mixed())
    said = str(refused.value)
    assert refused.type.__module__ == "sna_edge.errors"
    assert len(said) > 20 and "\n" not in said


def test_bad_files_leave_nothing(tmp_path: Any) -> None:
    figure = plot.atoms(spline_model(1, 6, 2))
    for name, options in (("a.gif", {}), ("a.png", {"dpi": 1.0})):
        with pytest.raises(InputError):
            plot.save(figure, tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_extra_is_named(monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(BackendError, match=r"matplotlib.*sna-edge\[plot\]"):
        plot.profile(mixed())


def test_names_with_control_characters_leave_the_svg_well_formed(tmp_path: Any) -> None:
    model = spline_model(1, 6, 2)
    odd = model.replace(axes=[replace(model.axes[0], name="a\x1b[31m\x00b")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot.save(plot.atoms(odd), tmp_path / "a.svg")
    assert "a[31mb" in "".join(ElementTree.parse(tmp_path / "a.svg").getroot().itertext())


def test_letters_that_the_font_lacks_are_one_sentence(tmp_path: Any) -> None:
    model = spline_model(1, 6, 2)
    figure = plot.atoms(model.replace(axes=[replace(model.axes[0], name="\u529f\u7387")]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot.save(figure, tmp_path / "a.svg")
    with pytest.warns(UserWarning, match=r"stand as boxes; name it \.svg") as told:
        plot.save(figure, tmp_path / "a.png")
    assert len(told) == 1


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Any) -> None:
    figure = plot.atoms(spline_model(1, 6, 2), size=(60.0, 60.0))
    with pytest.raises(InputError, match="dots has too many; give fewer"):
        plot.save(figure, tmp_path / "a.png", dpi=1200)
    assert not list(tmp_path.iterdir())


def test_names_of_many_levels_do_not_lie_on_each_other() -> None:
    names = tuple(f"level number {i}" for i in range(40))
    figure = plot.profile(model_on([level_axis("a", ("p", "q")), level_axis("b", names)]))
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in figure.axes[1].get_xticklabels()]
    assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))


def test_limits_stand_where_nothing_scatters_and_no_share_is_called_zero() -> None:
    model = spline_model(1, 6, 2)
    names = [a.name for a in model.axes]
    at = {name: (a.lower + a.upper) / 2 for name, a in zip(names, model.axes, strict=True)}
    value = float(model.value(at)[0])
    ends = {model.output_names[0]: (value - 2.0, value + 3.0)}
    for scatter in ({names[0]: 0.0}, {names[0]: 1e-6}):
        figure = plot.sweep(model, at, scatter=scatter, limits=ends)
        limits = [line for line in figure.axes[0].lines if line.get_label() == "limit"]
        assert scatter[names[0]] > 0 or len(limits) == 2
        title = figure.axes[0].get_title(loc="left")
        assert "0 ppm" not in title.split() and "at most" in title


def test_a_name_that_would_fill_a_panel_is_cut() -> None:
    from sna_export.plot.canvas import LINES, folded

    long = folded("a very long name of a sensor " * 12, 22)
    assert long.count("\n") == LINES - 1 and long.endswith("\u2026")
    assert folded("speed of the drive", 22) == "speed of the drive"
