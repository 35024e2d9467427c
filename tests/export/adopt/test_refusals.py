"""Numbers that are not real are never cut; objects of a near kind are one sentence."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline

from sna_edge import InputError
from sna_export.adopt import (
    Domain,
    from_chaos,
    from_gam,
    from_gaussian_process,
    from_numpoly,
    from_openturns,
    from_products,
    from_reduced_basis,
    from_state,
    from_tensor_spline,
    from_train,
    legendre_powers,
)
from sna_export.fit import fit_arrays
from sna_export.table import Table

BOX = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]
BAD = {
    "complex": 1j,
    "NaN": np.nan,
    "infinite": np.inf,
    "masked": None,
    "text": "x",
    "time": np.datetime64("2024-01-01"),
}


def spoiled(good: Any, bad: str) -> Any:
    good = np.asarray(good, dtype=float)
    if bad == "masked":
        return np.ma.array(good, mask=np.arange(good.size).reshape(good.shape) == 0)
    if bad in ("text", "time"):
        return np.full(good.shape, BAD[bad])
    return good + np.where(np.arange(good.size).reshape(good.shape) == 0, BAD[bad], 0.0)


WAYS = {
    "cores": lambda v: from_train([v(np.ones((1, 3, 2))), np.ones((2, 3, 1))], BOX),
    "chaos": lambda v: from_chaos(
        v([1.0, 2.0]), [[0, 0], [1, 1]], [legendre_powers(1, 0, 1)] * 2, BOX
    ),
    "powers": lambda v: from_chaos(
        [1.0, 2.0], [[0, 0], [1, 1]], [v(legendre_powers(1, 0, 1))] * 2, BOX
    ),
    "indices": lambda v: from_chaos(
        [1.0, 2.0], v([[0, 0], [1, 1]]), [legendre_powers(1, 0, 1)] * 2, BOX
    ),
    "weights": lambda v: from_products([[np.sin, np.cos]], BOX, v([1.0])),
    "modes": lambda v: from_reduced_basis(v(np.ones((3, 1))), [0, 0.5, 1], [np.sin], BOX),
    "nodes": lambda v: from_reduced_basis(np.ones((3, 1)), v([0, 0.5, 1]), [np.sin], BOX),
    "state": lambda v: from_state({"0.weight": v(np.ones((2, 1))), "0.bias": np.ones(2)}),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", WAYS)
def test_numbers_that_are_not_real_and_finite_are_never_cut(way: str, bad: str) -> None:
    """Complex and masked cores lost what they were; a core of NaN was compiled."""
    WAYS[way](lambda good: np.asarray(good, dtype=float))
    with warnings.catch_warnings(), pytest.raises(InputError):
        warnings.simplefilter("error")
        WAYS[way](lambda good: spoiled(good, bad))


def test_functions_that_give_complex_numbers_are_refused() -> None:
    original = from_products([[lambda x: np.exp(1j * x), np.cos]], BOX)
    with pytest.raises(InputError, match="complex"):
        original.compile(1e-3)


OTHERS: dict[str, Any] = {
    "process": lambda: from_gaussian_process(3),
    "gam": lambda: from_gam(np.sin, BOX),
    "openturns": lambda: from_openturns([1, 2]),
    "numpoly": lambda: from_numpoly(np.poly1d([1, 2]), BOX),
    "state": lambda: from_state([1, 2]),
    "table of a list": lambda: Table.of([[1, 2]]),
    "domain too short": lambda: from_tensor_spline(
        make_interp_spline([0.0, 1.0, 2.0, 3.0], np.ones(4)), BOX
    ),
    "one x": lambda: fit_arrays([1, 2, 3], [1, 2, 3]),
    "three dimensions": lambda: fit_arrays(np.ones((3, 1)), np.ones((3, 1, 1))),
    "complex y": lambda: fit_arrays(np.ones((3, 1)), [1j, 2, 3]),
    "times": lambda: fit_arrays(np.array([["2024-01-01"]] * 3, "M8[s]"), [1, 2, 3]),
    "text": lambda: fit_arrays([["x"]] * 3, [1, 2, 3]),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_objects_are_one_sentence(case: str) -> None:
    with pytest.raises(InputError) as error:
        OTHERS[case]()
    assert len(str(error.value).splitlines()) == 1
