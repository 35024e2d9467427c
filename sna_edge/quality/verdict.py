"""The rule of a verdict: a part is accepted when the whole interval lies inside, rejected when the
whole interval lies outside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..model import Evaluation, Model
from ..status import Status
from .limits import LineLimits

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ACCEPT = "ACCEPT"
REJECT = "REJECT"
NO_VERDICT = "NO VERDICT"
WORDS = np.array([NO_VERDICT, ACCEPT, REJECT])
OK, EDGE = int(Status.OK), int(Status.EDGE)
EXTRAPOLATED, UNFAMILIAR = int(Status.EXTRAPOLATED), int(Status.UNFAMILIAR)


@dataclass(frozen=True)
class Judged:
    """verdict [N] words; value, lower, upper, margin [N, T] of the limited outputs (columns [T] of
    the model's outputs).

    margin: how far the interval is inside its nearer limit, in output units; negative when it
    reaches outside. straddles [N, T]: a limit lies inside the interval. beyond [N, T]: the whole
    interval lies outside. edge [N]: no verdict because an input lies in a span without a training
    row (or outside the domain, extrapolated, or unfamiliar).
    """

    verdict: NDArray[np.str_]
    value: Floats
    lower: Floats
    upper: Floats
    margin: Floats
    straddles: Bools
    beyond: Bools
    edge: Bools


def evaluated(model: Model, limits: LineLimits, x: Floats) -> Evaluation:
    """`model.evaluate` of coordinates x [N, D]; `unfamiliar` also where p is at most the `least_p`
    of the limits."""
    found = model.evaluate(x, level_index=True)
    if limits.least_p is None:
        return found
    inside = (found.status == Status.OK) | (found.status == Status.EDGE)
    unlike = inside & (model.familiarity(x, level_index=True).p <= limits.least_p)
    return replace(found, status=np.where(unlike, np.int8(Status.UNFAMILIAR), found.status))


def judge(model: Model, limits: LineLimits, found: Evaluation) -> Judged:
    """ACCEPT, REJECT or NO VERDICT per row of `found`.

    An output without an interval is judged by its value alone, but never where its interval stands
    in the calibration, whose rows may be too few for one. A probability between its `reject` and
    its lower limit gets no verdict. One output wholly outside rejects
    the part whatever the others do; rows without a value, and rows with an interval across a limit
    (or one that is not a number), get no verdict. Nor do rows where the model was never trained,
    whatever it predicts there: `edge` unless the limits accept it, extrapolated and unfamiliar ones
    always.

    >>> import sna_edge
    >>> from sna_edge.quality import Limit
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    >>> cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    >>> width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    >>> model = sna_edge.Model([axis], cp, [width])
    >>> found = model.evaluate(np.array([[200.0], [235.0], [280.0]]))
    >>> judge(model, LineLimits((Limit("width", usl=120.0),)), found).verdict.tolist()
    ['ACCEPT', 'NO VERDICT', 'REJECT']
    """
    return Rule(model, limits)(found)


class Rule:
    """`judge` by one model and its limits, for who judges part by part."""

    def __init__(self, model: Model, limits: LineLimits) -> None:
        outputs = limits.outputs
        columns = [model.output_names.index(limit.name) for limit in outputs]
        whole = columns == list(range(len(model.outputs)))
        self._columns = slice(None) if whole else columns
        self._least = np.array([o.lsl if o.reject is None else o.reject for o in outputs])
        self._lsl = np.array([o.lsl for o in outputs])
        self._usl = np.array([o.usl for o in outputs])
        local = model.calibration is not None and model.calibration.n_residuals > 0
        plain = np.array([model.outputs[k].interval is None and not local for k in columns])
        self._plain = plain if plain.any() else None
        self._edge = limits.edge != "accept"

    def __call__(self, found: Evaluation) -> Judged:
        """The verdict of each row of `found`."""
        value, lower, upper = self._limited(found)
        known, unknown = self._known(found.status)
        inside, beyond = self._against(lower, upper)
        with np.errstate(invalid="ignore"):
            margin = np.minimum(self._usl - upper, lower - self._lsl)
        straddles = ~inside & ~beyond & (found.status >= OK)[:, None]
        words = WORDS[_places(known, inside, beyond)]
        return Judged(words, value, lower, upper, margin, straddles, beyond, unknown)

    def places(self, found: Evaluation) -> NDArray[np.int8]:
        """The verdict of each row of `found` as its place in WORDS."""
        _, lower, upper = self._limited(found)
        return _places(self._known(found.status)[0], *self._against(lower, upper))

    def _limited(self, found: Evaluation) -> tuple[Floats, Floats, Floats]:
        """Value, lower and upper end [N, T] of the limited outputs."""
        value = found.value[:, self._columns]
        lower, upper = found.lower[:, self._columns], found.upper[:, self._columns]
        if self._plain is None:
            return value, lower, upper
        return value, np.where(self._plain, value, lower), np.where(self._plain, value, upper)

    def _known(self, status: NDArray[np.int8]) -> tuple[Bools, Bools]:
        """[N] rows that may have a verdict, and rows where the model was never trained."""
        unknown = (status == EXTRAPOLATED) | (status == UNFAMILIAR)
        if self._edge:
            unknown |= status == EDGE
        return (status >= OK) & ~unknown, unknown

    def _against(self, lower: Floats, upper: Floats) -> tuple[Bools, Bools]:
        """[N, T] the whole interval inside the limits, and all of it beyond one."""
        with np.errstate(invalid="ignore"):
            inside = (lower >= self._lsl) & (upper <= self._usl)
            return inside, (lower > self._usl) | (upper < self._least)


def _places(known: Bools, inside: Bools, beyond: Bools) -> NDArray[np.int8]:
    """Places in WORDS [N]."""
    good, bad = known & inside.all(axis=1), known & beyond.any(axis=1)
    return np.maximum(good.view(np.int8), 2 * bad.view(np.int8))
