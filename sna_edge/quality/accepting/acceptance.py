"""Acceptance by probability: what each output and all of them at once have of being inside their
limits, by the model's distribution of a measurement there and what was learned since.

    accepted  <=>  P(LSL_k <= Y_k <= USL_k for all k) >= threshold

Where a share of bad parts among the accepted ones is stated (`escape`), the threshold starts a
standard error above 1 - rate, so that no accepted part is bad with more than the rate where
probabilities are true, or at what `sna-edge limits` has found with measured rows; measured parts
move it (`sna_edge.learning.escape`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...learning.escape import NEVER, Rated
from ...learning.output.space import spaces
from ...model import Model
from ...uncertainty.predictive import need_rows, supported
from ..limits import LineLimits
from ..verdict import ACCEPT, NO_VERDICT, REJECT, Judged, evaluated, judge

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Sure:
    """`each` [N, T] and `joint` [N]: probabilities of the limited outputs, and of all at once, to
    be inside; `threshold` [N] of the joint one, NaN where outputs have their own; `proven` [N]:
    measured parts have set it."""

    each: Floats
    joint: Floats
    threshold: Floats
    proven: Bools


class Acceptance:
    """By the limits, beside the model."""

    def __init__(self, model: Model, limits: LineLimits) -> None:
        self.model, self.limits = model, limits
        places = [model.output_names.index(o.name) for o in limits.outputs]
        k = len(model.outputs)
        self.columns = places
        self._learned = [space.index for space in spaces(model)]
        self.low, self.high = np.full(k, -np.inf), np.full(k, np.inf)
        self.low[places] = [o.lsl for o in limits.outputs]
        self.high[places] = [o.usl for o in limits.outputs]
        self._own = np.array(
            [np.nan if o.accept_at is None else o.accept_at for o in limits.outputs]
        )
        self.unkept = self._unkept()
        self.start = self._start()

    def _unkept(self) -> str:
        """Why the model alone cannot keep the rate of `escape`, "" where it can."""
        escape, calibration = self.limits.escape, self.model.calibration
        if escape is None or escape.threshold is not None or calibration is None:
            return ""
        sides = sum(o.sides for o in self.limits.outputs)
        what = f"escape = {escape.rate:g} ({_percent(1.0 - escape.rate)})"
        return need_rows(calibration.n_residuals, sides, 1.0 - escape.rate, what)

    def _start(self) -> float:
        """The joint threshold that no measured part has moved; NaN where outputs have their own,
        above 1 where nothing is accepted."""
        escape = self.limits.escape
        if escape is None:
            return np.nan if self.limits.accept_at is None else self.limits.accept_at
        if escape.threshold is not None:
            return escape.threshold
        return NEVER if self.unkept else self._believed(escape.rate)

    def _believed(self, rate: float) -> float:
        """1 - q with q + sqrt(q / n) = rate: n calibration rows know a share of q to within its
        standard error; never beyond what they support at all."""
        assert self.model.calibration is not None
        n = float(self.model.calibration.n_residuals)
        root = (np.sqrt(1.0 / n + 4.0 * rate) - np.sqrt(1.0 / n)) / 2.0
        most = supported(int(n), sum(o.sides for o in self.limits.outputs))
        return float(min(1.0 - root * root, most))

    def rated(self) -> Rated | None:
        """What learns the threshold from measured parts; None where none is learned."""
        escape = self.limits.escape
        if escape is None:
            return None
        limits = {o.name: (o.lsl, o.usl) for o in self.limits.outputs}
        return Rated(escape.rate, self.start, limits, self._acceptable)

    def _acceptable(self, x: Floats, learned: Floats) -> float:
        """The joint probability of one part at x [D], with what was `learned` [3, S] of outputs
        that have an interval; NaN where it would not be accepted whatever it is."""
        axes = self.model.axes
        ends = [(a.lower, a.upper) for a in axes]
        low, high = np.array(ends).T
        point = np.clip(x, low, high)[None]  # it was kept in single precision
        found = evaluated(self.model, self.limits, point)
        if judge(self.model, self.limits, found).edge[0] or found.status[0] < 0:
            return float("nan")
        whole = np.ones((3, 1, len(self.model.outputs)))
        whole[0] = 0.0
        whole[:, 0, self._learned] = learned
        told = self.model.predictive(point, level_index=True).beside(whole)
        return float(told.joint_probability(self.low, self.high)[0])

    def sure(
        self, x: Floats, learned: Floats | None, thresholds: tuple[Floats, Bools] | None
    ) -> Sure:
        """Of coordinates x [N, D] with what was learned [3, N, K] and the thresholds [N] that
        measured parts have set."""
        found = self.model.predictive(x, level_index=True).beside(learned)
        each = found.probability(self.low, self.high)[:, self.columns]
        joint = (
            each[:, 0] if len(self.columns) == 1 else found.joint_probability(self.low, self.high)
        )
        if thresholds is None:
            thresholds = np.full(len(x), self.start), np.zeros(len(x), dtype=bool)
        return Sure(each, joint, *thresholds)

    def verdicts(self, judged: Judged, sure: Sure) -> NDArray[np.str_]:
        """The words [N] by probability; rejected and unknown parts stay what they are."""
        known = ~judged.edge & np.isfinite(judged.value).all(axis=1)
        inside = ~judged.straddles & ~judged.beyond
        with np.errstate(invalid="ignore"):
            by_output = np.where(np.isnan(self._own), inside, sure.each >= self._own).all(axis=1)
            by_all = sure.joint >= sure.threshold
        good = by_output if np.isnan(self.start) else by_all
        rejected = judged.verdict == REJECT
        return np.where(rejected, REJECT, np.where(known & good, ACCEPT, NO_VERDICT))

    def tell(self, answer: dict[str, Any], sure: Sure, i: int) -> None:
        """Write the probabilities of row i and the rule that they are held to into its answer."""
        if not np.isfinite(sure.joint[i]):
            return
        answer |= {"p_in_spec": float(sure.joint[i]), "accept": self._rule(sure, i)}
        for output, p in zip(answer["outputs"].values(), sure.each[i].tolist(), strict=True):
            output["p_in_spec"] = p

    def _rule(self, sure: Sure, i: int) -> dict[str, Any]:
        escape = self.limits.escape
        if escape is None:
            at = self.limits.accept_at
            own = {o.name: o.accept_at for o in self.limits.outputs if o.accept_at is not None}
            return {"rule": "accept_at", "threshold": own if at is None else at}
        reachable = sure.threshold[i] <= 1.0
        by = "measured parts" if sure.proven[i] else "rows" if escape.threshold else "model"
        threshold = float(sure.threshold[i]) if reachable else None
        return {"rule": "escape", "rate": escape.rate, "threshold": threshold, "by": by}

    def why(self, judged: Judged, sure: Sure, i: int) -> str:
        """Why row i is neither accepted nor rejected, though the model knows such parts."""
        if np.isnan(self.start):
            return self._why_output(judged, sure, i)
        names = [o.name for o in self.limits.outputs]
        what = names[0] if len(names) == 1 else f"all of {', '.join(names)}"
        said = f"{what} inside the limits with {_percent(sure.joint[i])}"
        if self.limits.escape is None:
            return f"{said}, accept_at asks for {_percent(self.start)}"
        if sure.threshold[i] > 1.0:
            why = self.unkept or "measured parts were bad whatever the model said"
            return f"{said}; {why}: nothing is accepted"
        rate = f"escape = {self.limits.escape.rate:g}"
        return f"{said}, {rate} asks for {_percent(sure.threshold[i])}"

    def _why_output(self, judged: Judged, sure: Sure, i: int) -> str:
        found = []
        for k, limit in enumerate(self.limits.outputs):
            if limit.accept_at is None:
                if judged.straddles[i, k]:
                    found.append(f"the interval of {limit.name} straddles a limit")
            elif not sure.each[i, k] >= limit.accept_at:
                found.append(
                    f"{limit.name} inside its limits with {_percent(sure.each[i, k])}, its"
                    f" accept_at asks for {_percent(limit.accept_at)}"
                )
        return "; ".join(found)


def word_of(acceptance: Acceptance, judged: Judged, entry: Mapping[str, Any]) -> str:
    """The verdict [1] by the probabilities and the threshold that a log says."""
    outputs = entry["outputs"]
    each = np.array(
        [[_number(outputs[o.name].get("p_in_spec")) for o in acceptance.limits.outputs]]
    )
    rule = entry.get("accept")
    threshold = rule.get("threshold") if isinstance(rule, dict) else None
    at = 2.0 if threshold is None else _number(threshold)
    joint = np.array([_number(entry.get("p_in_spec"))])
    sure = Sure(each, joint, np.array([at]), np.zeros(1, dtype=bool))
    return str(acceptance.verdicts(judged, sure)[0])


def _number(given: Any) -> float:
    numeric = isinstance(given, (int, float)) and not isinstance(given, bool)
    return float(given) if numeric else float("nan")


def _percent(p: float) -> str:
    """As many digits as tell it from 100 %."""
    return f"{100.0 * p:.4g} %" if p < 0.9995 else f"{100.0 * p:.6g} %"
