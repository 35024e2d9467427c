"""What a graph does not carry of a model: it gives values, and of what stands beside them no more
than it is asked for."""

from __future__ import annotations

from sna_edge.core.beside import Role
from sna_edge.model import Model
from sna_edge.uncertainty.familiarity import told

from .extras import NOTHING, Extras

GIVEN = (Role.SCALE, Role.FAMILIARITY)


def left_out(model: Model, extras: Extras = NOTHING) -> list[str]:
    """What of the model the files do not hold, in words; empty where they hold all of it."""
    if extras.kinds:
        return _beside(model, extras)
    found = {
        "companions": bool(model.companions),
        "calibration": model.calibration is not None,
    }
    return [*(name for name, there in found.items() if there), *_of_readings(model)]


def _of_readings(model: Model) -> list[str]:
    readings = model.readings
    found = {
        "tolerances of sensors": readings is not None and bool(readings.tolerance.any()),
        "formulas of derived inputs": readings is not None and bool(readings.derived),
    }
    return [name for name, there in found.items() if there]


def _beside(model: Model, extras: Extras) -> list[str]:
    there = {
        "interval": bool(model.calibration and model.calibration.n_residuals),
        "familiarity": told(model),
    }
    found = [kind for kind, has in there.items() if has and kind not in extras.kinds]
    others = {c.role.label for c in model.companions if c.role not in GIVEN}
    return [*found, *sorted(others), *_of_readings(model)]


def values_only(model: Model, extras: Extras = NOTHING) -> str:
    """The end of a sentence: '; values only: companions and calibration are left out', or
    nothing."""
    found = left_out(model, extras)
    if not found:
        return ""
    names = " and ".join(filter(None, [", ".join(found[:-1]), found[-1]]))
    if extras.kinds:
        return f"; {names} {'are' if found[1:] else 'is'} left out"
    return f"; values only: {names} {'is' if found == ['calibration'] else 'are'} left out"
