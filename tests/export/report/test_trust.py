"""The section on what may be believed: every kind of model has one that says something."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, level_axis, spline_axis
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity
from sna_export.calibrate.judged import judged
from sna_export.report import Page
from sna_export.report.familiarity_map import familiarity_map
from sna_export.report.trust import levels_table, trust


def model_of(kinds: str, outputs: int = 1, link: str = "identity") -> Model:
    """Sum-free product of lines over axes: 'x' continuous, 'l' of three levels."""
    axes = [
        spline_axis(f"x{d} & more", "mm", 0, 1, spans=1, degree=1)
        if kind == "x"
        else level_axis(f"kind{d}", ("A<B", "plain", "third"))
        for d, kind in enumerate(kinds)
    ]
    tables = [[[1.0], [2.0]] if k == "x" else [[1.0], [1.5], [2.0]] for k in kinds]
    names = [
        Output(f"y{k}", "um", link=link, interval=Interval(0.9, 0.1, 0.1)) for k in range(outputs)
    ]
    return Model(axes, CP.full(tables, np.ones((1, outputs)) / 4), names)


def rows_of(model: Model, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    columns = [
        rng.integers(0, 3, n) if a.kind == "categorical" else rng.uniform(size=n)
        for a in model.axes
    ]
    x = np.stack(columns, axis=1).astype(float)
    p = model.value(x, level_index=True)
    return x, p * (1 + 0.1 * rng.normal(size=p.shape)), p


def section(model: Model, n: int, *, beside: bool = True) -> str:
    """The section as well-formed markup."""
    x, y, p = rows_of(model, n)
    if beside:
        model = calibrated(model, x, y, p).model
        model = with_familiarity(model, x) if n >= 250 else model
    page = Page("t")
    trust(page, model, x, judged(model, x, y, p))
    text = "".join(page.blocks)
    ET.fromstring(f"<all>{text}</all>")
    return text


@pytest.mark.parametrize("kinds", ["x", "l", "xx", "xl", "ll", "xxlx"])
@pytest.mark.parametrize(("n", "beside"), [(20, False), (300, True)])
def test_every_kind_of_inputs_has_a_section(kinds: str, n: int, beside: bool) -> None:
    text = section(model_of(kinds), n, beside=beside)
    assert "May it be believed here" in text
    assert ("Familiarity along" in text) == beside
    assert ("it takes 250 rows, here are 20" in text) != beside
    assert ("too few for a local one" in text) != beside
    assert "nan" not in text


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_outputs_with_a_link_each_have_their_own(link: str) -> None:
    text = section(model_of("xx", outputs=2, link=link), 300)
    assert text.count("<h3>Interval of y") == 2


def test_the_map_marks_what_was_never_seen() -> None:
    model = model_of("xx")
    a = np.random.default_rng(0).uniform(size=500)
    known = with_familiarity(model, np.c_[a, a])
    svg, shown = familiarity_map(known, np.array([0.5, 0.5]), np.c_[a, a])
    root = ET.fromstring(svg)
    cells = [e for e in root.iter() if (e.get("class") or "").startswith("c s")]
    strange = [e for e in cells if e.get("class") == "c s1"]
    assert shown == [0, 1] and strange and len(cells) > 1
    assert strange[0].get("d").count("M") > 40


def test_the_table_has_a_row_for_each_level_that_the_rows_support() -> None:
    x, y, p = rows_of(model_of("xx"), 100)
    (found,) = judged(model_of("xx"), x, y, p)
    header, rows = levels_table(found)
    assert len(rows) == 4 and all(len(r) == len(header) for r in rows)
