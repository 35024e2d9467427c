"""Known physics as a base: the sum is one model, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Model, Output, spline_axis
from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.table import Table

N = 80
RNG = np.random.default_rng(2)
POWER, SPEED, LAYER = RNG.uniform(1, 3, N), RNG.uniform(1, 2, N), RNG.uniform(0, 1, N)


def physics(link: str = "identity") -> Model:
    axes = [
        spline_axis("power", "W", 0.5, 3.5, spans=2, degree=1),
        spline_axis("speed", "", 1.0, 2.0, spans=1, degree=1),
    ]
    tables = [[[0.5], [2.0], [3.5]], [[1.0], [2.0]]]
    output = Output("depth", "um", link, scale=2.0, offset=1.0 if link == "identity" else 0.0)
    return Model(axes, CP.full(tables, [[0.2]]), [output])


def table(model: Model, extra: Any) -> Table:
    known = model.evaluate({"power": POWER, "speed": SPEED}).value[:, 0]
    return Table.of({"power": POWER, "speed": SPEED, "layer": LAYER, "depth": extra(known)})


@pytest.mark.parametrize("link", ["identity", "exp"])
def test_the_sum_is_one_model(link: str, tmp_path: Any) -> None:
    base = physics(link)
    extra = (lambda y: y + 0.3 * LAYER) if link == "identity" else (lambda y: y * np.exp(LAYER))
    rows = table(base, extra)
    found = fit(rows, ["depth"], base=base)
    found.model.save(tmp_path / "sum.sna")
    model = sna_edge.load(tmp_path / "sum.sna", "numpy")
    assert model.outputs[0].link == link and set(model.input_names) == {"power", "speed", "layer"}
    x = {"power": POWER, "speed": SPEED, "layer": LAYER}
    np.testing.assert_allclose(model.evaluate(x).value[:, 0], rows.column("depth"), rtol=2e-3)
    assert 0 < found.report["base"]["explains"]["depth"] < 1 or link == "exp"
    assert found.report["outputs"]["depth"]["r2"] > 0.99
    power = model.axes[model.input_names.index("power")]
    assert (power.lower, power.upper) == (0.5, 3.5)


def test_what_the_base_says_already_stays_exact() -> None:
    base = physics()
    rows = table(base, lambda y: y + RNG.normal(0, 0.01, N))
    found = fit(rows, ["depth"], base=base)
    x = {"power": np.array([0.6, 3.4]), "speed": np.array([1.1, 1.9])}
    if "layer" in found.model.input_names:
        x["layer"] = np.array([0.5, 0.5])
    wanted = base.evaluate({n: x[n] for n in ("power", "speed")}).value
    np.testing.assert_allclose(found.model.evaluate(x).value, wanted, atol=0.05)
    assert found.report["base"]["explains"]["depth"] > 0.99


REFUSED = {
    "no such output": ({"targets": ["layer"]}, "no output of the base"),
    "a column that lacks": ({"drop": "speed"}, "no column of the table"),
    "another unit": ({"units": {"power": "kW"}}, "give both in one unit"),
    "a link": ({"link": "exp"}, "leave --link out"),
    "another domain": ({"domain": {"power": (0.0, 9.0)}}, "that of the base"),
    "a holdout": ({"holdout": "20%"}, "has no holdout yet"),
    "levels": ({"categorical": ["speed"]}, "declare the column alike"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    options, said = dict(REFUSED[name][0]), REFUSED[name][1]
    rows = table(physics(), lambda y: y + LAYER)
    targets = options.pop("targets", ["depth"])
    if drop := options.pop("drop", None):
        rows = Table.of({n: rows.column(n) for n in rows.names if n != drop})
    with pytest.raises(InputError, match=said):
        fit(rows, targets, base=physics(), **options)


def test_a_row_outside_the_base_is_named() -> None:
    rows = table(physics(), lambda y: y)
    rows.numbers[4, 0] = 9.0
    with pytest.raises(InputError, match=r"row 5 .*'power' = 9.* outside the domain of the base"):
        fit(rows, ["depth"], base=physics())
