"""Whether what stands beside the values fits them, and each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import InputError
from ..axis import Axis
from ..output import Output
from .calibration import Calibration
from .companion import MOST, Companion, Role
from .given import all_of
from .readings import Readings


def need_fit(
    axes: Sequence[Axis],
    outputs: Sequence[Output],
    companions: Sequence[Companion[Any]],
    calibration: Calibration | None,
    readings: Readings | None,
) -> None:
    """InputError where companions, calibration or readings do not fit a model of these inputs and
    outputs."""
    all_of("companions", companions, Companion)
    for given, kind in ((calibration, Calibration), (readings, Readings)):
        if given is not None and not isinstance(given, kind):
            raise InputError(f"{given!r} is no {kind.__name__}")
    if len(companions) > MOST:
        raise InputError(f"{len(companions)} companions, but a model has at most {MOST}")
    for companion in companions:
        companion.need_fit(axes, outputs)
    if calibration is not None:
        calibration.need_fit(axes, outputs)
    if readings is not None:
        readings.need_fit(axes)
    scaled = [c.output for c in companions if c.role == Role.SCALE]
    if len(scaled) != len(set(scaled)):
        raise InputError("an output has at most one scale; leave the others out")
    if scaled and not (calibration and calibration.n_residuals):
        raise InputError("a scale needs the quantiles of residuals; give the calibration with it")
    told = any(c.role == Role.FAMILIARITY for c in companions)
    if told != bool(calibration and calibration.n_scores):
        raise InputError("a familiarity and the quantiles of its scores belong together; give both")
