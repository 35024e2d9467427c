"""What a graph does not carry of a model: it gives values, and nothing that stands beside them."""

from __future__ import annotations

from sna_edge.model import Model


def left_out(model: Model) -> list[str]:
    """What of the model the files do not hold, in words; empty where they hold all of it."""
    readings = model.readings
    found = {
        "companions": bool(model.companions),
        "calibration": model.calibration is not None,
        "tolerances of sensors": readings is not None and bool(readings.tolerance.any()),
        "formulas of derived inputs": readings is not None and bool(readings.derived),
    }
    return [name for name, there in found.items() if there]


def values_only(model: Model) -> str:
    """The end of a sentence: '; values only: companions and calibration are left out', or
    nothing."""
    found = left_out(model)
    if not found:
        return ""
    names = " and ".join(filter(None, [", ".join(found[:-1]), found[-1]]))
    return f"; values only: {names} {'is' if found == ['calibration'] else 'are'} left out"
