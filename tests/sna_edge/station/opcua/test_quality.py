"""Values of a controller that are no reading: what is bad, uncertain, NaN, an array, no number."""

from __future__ import annotations

from typing import Any

import pytest

ua = pytest.importorskip("asyncua").ua


from sna_edge.station.opcua.client import _plain  # noqa: E402
from sna_edge.station.opcua.server import _text  # noqa: E402


def value(given: Any, status: int = 0) -> Any:
    return ua.DataValue(ua.Variant(given), ua.StatusCode(status))


@pytest.mark.parametrize(
    "found", [value(200.0, 0x80000000), value(200.0, 0x40000000), value(200.0, 0x40930000),
              value(200.0, 0x800A0000), value(float("nan")), value([200.0]), value(None),
              value(b"\xff"), ua.DataValue()],
    ids=range(9),
)  # fmt: skip
def test_no_part_is_judged_by_what_is_not_good(found: Any) -> None:
    """0x40..: uncertain, an old value or one that was put in its place; NaN as a trigger would be
    another part at every look."""
    assert _plain(found) is None


def test_what_is_good_is_read() -> None:
    for given in (200.0, 7, True, "A1", float("inf")):
        assert _plain(value(given)) == given
    assert _plain(value(5, 0x00300000)) == 5  # GoodClamped and the like


def test_texts_of_the_server_are_utf_8() -> None:
    assert _text("\ud800") == "\\ud800" and _text(None) is None and _text("\u00e4") == "\u00e4"
