"""Verdicts while intervals may not hold: what measured parts say against them is said with every
verdict, and where the limits ask for it, nothing is accepted meanwhile.

in_doubt = "no verdict"   # or "tell", the default
measured_within = 500     # where none of so many parts was measured, intervals are in doubt, too
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...learning.learner import Passed
from ..verdict import ACCEPT, NO_VERDICT
from .rule import IN_DOUBT

BEGIN = "intervals of "
NEVER = "nothing that is measured is learned from here"


class Doubt:
    """By the limits of a line: the `names` of its limited outputs, what happens `in_doubt`, parts
    within which one has to be measured (None: none has to)."""

    def __init__(self, names: list[str], in_doubt: str, within: int | None) -> None:
        self._names, self._within = names, within
        self._holds = in_doubt == IN_DOUBT[1]

    def of(self, passed: Passed, i: int) -> dict[str, str]:
        """{output: why its interval is in doubt} of row i."""
        found = passed.doubts.get(i, {})
        told = {name: found[name] for name in self._names if name in found}
        if self._within is None:
            return told
        parts = None if passed.unmeasured is None else passed.unmeasured.get(i, 0)
        if parts is None or parts > self._within:
            why = NEVER if parts is None else f"none of the last {parts} parts was measured"
            return dict.fromkeys(self._names, why) | told
        return told

    def tell(self, answer: dict[str, Any], why: Mapping[str, str]) -> None:
        """Write it into the answer of a part with values, and take its ACCEPT back where the limits
        ask for that."""
        answer["in_doubt"] = list(why)
        said = "; ".join(f"{BEGIN}{name} in doubt: {one}" for name, one in why.items())
        if self._holds and answer["verdict"] == ACCEPT:
            answer |= {"verdict": NO_VERDICT, "reason": said}
        else:
            answer["remark"] = "; ".join(filter(None, (said, answer.get("remark"))))


def released(answer: dict[str, Any]) -> dict[str, Any]:
    """A verdict as it were without doubt: an ACCEPT that was taken back. A log does not hold what
    was measured when it was given."""
    taken = "in_doubt" in answer and answer.get("verdict") == NO_VERDICT
    if taken and str(answer.get("reason", "")).startswith(BEGIN):
        return answer | {"verdict": ACCEPT}
    return answer
