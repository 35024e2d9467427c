"""Shares of variance and capability on the page are those of Python."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.inverse.query.scatter import Scatter
from sna_edge.quality.capability.setting import setting
from sna_edge.quality.limits import Limit, LineLimits

from .moulding import Made, Visit, field, inside, numbers, shown, state


def test_shares_of_variance_are_those_of_python(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "matters")
    sobol = made.model.sobol()
    for k in (0, 1):
        if k:
            seen.page.locator("#view-matters select").first.select_option("1")
            seen.drawn()
        rows = seen.page.locator(".sobol tr").all_inner_texts()[1:]
        order = np.argsort(-sobol.total[:, k])
        for row, d in zip(rows, order, strict=True):
            assert sobol.names[d] in row
            first, total = (float(100 * v[d, k]) for v in (sobol.first, sobol.total))
            assert numbers(row)[-2:] == pytest.approx([first, total], abs=0.051)  # one decimal
        said = seen.page.locator("#view-matters .lead-answer").first.inner_text()
        assert said.startswith(f"{sobol.names[order[0]]} matters most")


def test_scatter_is_the_capability_of_python(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "matters")
    field(seen, "#scatter-lower", "39.8")
    field(seen, "#scatter-upper", "41,2")
    for i, size in ((0, "4,5"), (2, "2")):
        seen.page.fill(f"#scatter-{i}", size)
    seen.drawn()
    limits = LineLimits((Limit("weight", 39.8, 41.2),))
    x = np.array(state(seen))
    scatter = Scatter.of(made.model, {"speed": 4.5, "temperature": 2.0})
    tiles = dict(
        zip(
            seen.page.locator("#view-matters .tile span").all_inner_texts(),
            seen.page.locator("#view-matters .tile b").all_inner_texts(),
            strict=True,
        )
    )
    told = setting(made.model, limits, x, scatter)["outputs"]["weight"]
    assert float(tiles["Ppk (Cpk of a steady process)"]) == pytest.approx(told["Ppk"], rel=6e-4)
    assert float(tiles["Pp (Cp)"]) == pytest.approx(told["Pp"], rel=6e-4)  # four digits
    assert float(tiles["ppm outside"]) == pytest.approx(told["ppm"], rel=6e-4)
    seen.page.evaluate("sna.set(1, sna.setting[1] + 60)")  # live
    seen.drawn()
    text = seen.page.locator("#view-matters [role=status]").inner_text()
    x[1] += 60
    told = setting(made.model, limits, x, scatter)["outputs"]["weight"]
    ppm = float(f"{told['ppm']:.4g}")
    assert f"{ppm:g} ppm" in text


def test_without_scatter_a_setting_has_the_probability_of_its_limits(
    visit: Visit, made: Made
) -> None:
    seen = shown(visit, made, "matters")
    field(seen, "#scatter-lower", "40")
    x = state(seen)
    out = 1 - inside(made, x, {0: (40.0, np.inf)})
    assert (
        f"Out of spec: {100 * out:.1f} %"
        in seen.page.locator("#view-matters [role=status]").inner_text()
    )
    seen.page.fill("#scatter-0", "-1")
    assert seen.page.get_attribute("#scatter-0", "aria-invalid") == "true"
    seen.page.fill("#scatter-0", "10")
    seen.page.locator("#view-matters select").nth(1).select_option("uniform")
    seen.drawn()
    rows = np.repeat(np.array([x]), 20001, axis=0)
    rows[:, 0] += np.linspace(-10, 10, 20001)
    low = made.model.predictive(rows, level_index=True).cdf(40.0)[:, 0]
    text = seen.page.locator("#view-matters [role=status]").inner_text()
    assert numbers(text)[0] == pytest.approx(100 * float(np.mean(low)), abs=0.11)
