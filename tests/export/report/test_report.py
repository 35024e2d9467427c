"""Plots and pages: round ticks, well-formed SVG, positions that mean what they say, nothing
unescaped."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import sna_edge
from sna_export.report import STANDALONE, Page, Plot, ends, figures, ticks

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-3, 7.2), (1e-9, 3e-9), (1e6, 1.0001e6), (-5e5, -1)]
)
def test_ticks_are_round_inside_and_evenly_spaced(low, high):
    found = ticks.linear(low, high)
    assert 2 <= len(found) <= 8
    step = np.diff(found)
    np.testing.assert_allclose(step, step[0], rtol=1e-6)
    mantissa = step[0] / 10 ** np.floor(np.log10(step[0]) + 1e-9)
    assert np.isclose(mantissa, [1, 2, 5]).any()
    margin = 1e-6 * (high - low)
    assert low - margin <= min(found)
    assert max(found) <= high + margin


def test_decades_are_powers_of_ten():
    assert ticks.decades(1e-3, 1e2, 10) == pytest.approx([1e-3, 1e-2, 1e-1, 1, 10, 100])
    assert len(ticks.decades(1e-12, 1e12)) <= 7


@pytest.mark.parametrize("value", [0, 1, -2.5, 1234567.0, 1e-7, 0.001, 2e-12])
def test_labels_are_markup_that_parses(value):
    ET.fromstring(f"<text>{ticks.label(value)}</text>")


def test_positions_are_linear_and_logarithmic():
    plot = Plot((0, 10), (1, 1000), log="y")
    x = plot.px([0, 5, 10])
    assert x[1] == pytest.approx((x[0] + x[2]) / 2)
    y = plot.py([1, 10, 100, 1000])
    np.testing.assert_allclose(np.diff(y), np.diff(y)[0])
    assert y[0] > y[-1], "larger is higher on the page"


def test_a_plot_is_well_formed_and_leaves_out_what_is_not_finite():
    plot = Plot((0, 1), (0, 1), title="a < b & c", xlabel="x", ylabel="y")
    plot.line([0, 0.5, 1], [0, np.nan, 1]).dots([0.2, np.inf], [0.3, 0.4])
    plot.band([0, 1], [0, 0], [1, 1], 2).bars([0.5], [0.7], 0.2, 3, name="n")
    root = ET.fromstring(plot.render(STANDALONE))
    paths = [
        p.get("d")
        for p in root.iter(f"{SVG}path")
        if (p.get("class") or "").startswith(("l ", "d "))
    ]
    assert paths[0].count("L") == 1
    assert paths[1].count("M") == 1
    assert "nan" not in plot.render()
    assert any(t.text == "a < b & c" for t in root.iter(f"{SVG}text"))


def test_bars_stand_on_the_lower_edge():
    plot = Plot((0, 2), (0, 10)).bars([1], [5], 1)
    (bar,) = [
        r for r in ET.fromstring(plot.render()).iter(f"{SVG}rect") if "f " in r.get("class", "")
    ]
    assert float(bar.get("y")) == pytest.approx(float(plot.py(5)), abs=0.1)
    assert float(bar.get("y")) + float(bar.get("height")) == pytest.approx(
        float(plot.py(0)), abs=0.1
    )


def test_long_names_are_slanted_and_short_ones_are_not():
    short = Plot((-0.5, 1.5), (0, 1)).categories(["a", "b"]).render()
    long = Plot((-0.5, 3.5), (0, 1)).categories(["coarse_aggregate_content"] * 4).render()
    assert "rotate(-32)" not in short
    assert long.count("rotate(-32)") == 4


def test_ends_of_nothing_and_of_numbers():
    assert ends([np.nan]) == (0.0, 1.0)
    low, high = ends([1.0, np.inf, 3.0], margin=0.0)
    assert (low, high) == (1.0, 3.0)


@pytest.fixture
def model():
    rng = np.random.default_rng(4)
    axes = (
        sna_edge.spline_axis("power", "W", 0, 1, spans=3),
        sna_edge.level_axis("steel", ("A", "B<")),
    )
    cp = sna_edge.CP(
        tuple(rng.normal(size=(a.basis.n_rows, 8)) for a in axes),
        (np.arange(8),) * 2,
        rng.normal(size=(8, 1)),
    )
    return sna_edge.Model(
        axes, cp, [sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 1, 2))]
    )


def test_figures_of_a_model(model):
    rows = np.column_stack([np.linspace(0, 1, 9), np.arange(9) % 2])
    at = figures.centre(model, rows)
    assert any((row == at).all() for row in rows), "the centre is a row of the table"
    atoms, slices = figures.atoms(model), figures.slices(model, at)
    assert len(atoms) == len(slices) == 2
    for svg in (*atoms, *slices, figures.importance(["a"], np.array([0.2]), np.array([0.3]), "t")):
        ET.fromstring(svg)
    assert len(re.findall(r'class="l s', atoms[0])) == figures.ATOMS
    _, x, phi = figures.strongest(model, 0, 3)
    assert phi.shape == (len(x), 3)
    np.testing.assert_allclose(np.abs(phi).max(axis=0), 1.0)


def test_quantization_figure_draws_a_bar_per_positive_error():
    svg = figures.quantization(
        {"int8": {"rms": 1e-3, "max": 1e-2}, "int16": {"rms": 0.0, "max": 1e-5}}
    )
    assert len(re.findall(r'class="f s', svg)) == 3


def test_page_escapes_and_is_whole(tmp_path, model):
    page = (
        Page("a < b", "lead & more")
        .heading("<h>")
        .text("x < y")
        .tiles([("1 <", "& two")])
        .table(["<c>"], [["<d>"]])
    )
    page.plots(figures.atoms(model)).write(tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    for raw in ("<h>", "<c>", "<d>", "x < y", "B<<"):
        assert raw not in text
