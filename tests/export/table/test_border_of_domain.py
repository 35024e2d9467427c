"""A row that is the end of its declared domain but for rounding is a row of the fit; one beyond it
is refused, from a table or an array."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fit.data.samples import AxisSpec, Samples
from sna_export.table.table import Table

F32 = np.float32
#: name -> domain, the value that rounding made of an end, the end
ROUNDED = {
    "0.1 + 0.2 at 0.3": ((0.0, 0.3), 0.1 + 0.2, 0.3),
    "a float32 sensor at 0.3": ((0.1, 0.3), float(F32(0.3)), 0.3),
    "a float32 sensor at the lower end": ((0.7, 0.9), float(F32(0.7)), 0.7),
    "40 * 1e-6 at 4e-5": ((1e-5, 4e-5), float(np.nextafter(4e-5, 1.0)), 4e-5),
    "negative": ((-0.3, -0.1), -0.1 - 0.2, -0.3),
    "zero below": ((0.0, 2.0), -1e-17, 0.0),
    "kelvin in float32": ((273.15, 293.15), float(np.nextafter(F32(293.15), F32(400))), 293.15),
    "seconds since 1970": ((1.6e9, 1.6e9 + 60), 1.6e9 + 60 + 2.4e-7, 1.6e9 + 60),
}
BEYOND = {
    "far": ((0.0, 0.3), 7.0),
    "a thousandth": ((0.0, 0.3), 0.3003),
    "below": ((0.1, 0.3), 0.0999),
    "below zero": ((0.0, 1.0), -1e-3),
    "narrow and far out": ((101324.0, 101326.0), 101326.001),
    "a second": ((1.6e9, 1.6e9 + 60), 1.6e9 + 61),
    "zero is not a million": ((0.0, 1e6), -1.0),
    "one of a hundred": ((-100.0, 100.0), 101.0),
}


def of_table(domain: tuple[float, float], values: np.ndarray, y: np.ndarray) -> Samples:
    return Table.of({"a": values.tolist(), "y": y.tolist()}).samples(["y"], domain={"a": domain})[0]


def of_arrays(domain: tuple[float, float], values: np.ndarray, y: np.ndarray) -> Samples:
    return Samples.of(values[:, None], y, [AxisSpec("a", domain=domain)], ["y"])


WAYS = {"table": of_table, "arrays": of_arrays}


def column(domain: tuple[float, float], last: float) -> tuple[np.ndarray, np.ndarray]:
    values = np.append(np.linspace(*domain, 11)[1:-1], last)
    return values, np.arange(len(values), dtype=float)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ROUNDED)
def test_rounding_at_an_end_is_a_row_at_the_end(name: str, way: str) -> None:
    domain, value, end = ROUNDED[name]
    values, y = column(domain, value)
    assert not domain[0] <= value <= domain[1]
    samples = WAYS[way](domain, values, y)
    assert samples.x[-1, 0] == end and values[-1] == value  # the caller's array stays as it is
    np.testing.assert_array_equal(samples.x[:-1, 0], values[:-1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BEYOND)
def test_a_row_beyond_is_refused_with_its_row(name: str, way: str) -> None:
    make: Callable[..., Samples] = WAYS[way]
    with pytest.raises(
        InputError,
        match=r"row 10.*'a' = .*outside its declared domain .*; widen the domain or drop the row",
    ):
        make(BEYOND[name][0], *column(*BEYOND[name]))
