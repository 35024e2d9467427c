"""All control charts of one station and recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from ..config.charting import HOTELLING, INDIVIDUALS, OF_OUTPUT, SHARES, Charting
from .curve import Curve, Where

PREDICTED, RESIDUAL, MEASURED = "value", "residual", "measured"
INPUTS, RESIDUALS, REJECTS = "inputs", "residuals", "rejects"
WORDS = {PREDICTED: "predicted", RESIDUAL: "residual of", MEASURED: "measured"}
OF_MODEL = (PREDICTED, RESIDUAL, RESIDUALS, REJECTS)
"""What another model changes."""
OF_MEASURED = (MEASURED, RESIDUAL, RESIDUALS)
"""What measured values change."""
Name = tuple[str, str, str]
"""Output ("" for what concerns none), what it is of, kind of chart."""


class Curves:
    """Charts by name, each made when its first value comes. Of predictions and residuals there is
    always one of individuals: it marks the parts on the live view."""

    def __init__(self, settings: Charting) -> None:
        self.settings = settings
        self.by_name: dict[Name, Curve] = {}
        self._each: dict[tuple[str, str], list[tuple[Curve, bool]]] = {}

    def of(self, output: str, what: str, kind: str = INDIVIDUALS) -> Curve:
        """One chart."""
        name = output, what, kind
        if name not in self.by_name:
            words = f"{WORDS[what]} {output}" if what in WORDS else TITLES[what]
            self.by_name[name] = Curve(words, kind, self.settings.of(output))
        return self.by_name[name]

    def told(self, output: str, what: str) -> dict[str, Any]:
        """Limits of a chart of individuals, or how many parts are still to come."""
        found = self.by_name.get((output, what, INDIVIDUALS))
        return found.told() if found else {"wait": self.settings.of(output).reference}

    def each(self, output: str, what: str) -> list[tuple[Curve, bool]]:
        """(chart, whether it raises alarms) of all charts that take a value of `what`."""
        found = self._each.get((output, what))
        if found is None:
            settings = self.settings.of(output)
            kinds = [
                kind
                for kind in OF_OUTPUT
                if kind in settings.kinds or (kind == INDIVIDUALS and what != MEASURED)
            ]
            found = self._each[output, what] = [
                (self.of(output, what, kind), kind in settings.alarms and what != MEASURED)
                for kind in kinds
            ]
        return found

    def together(self, what: str, value: Any, where: Where) -> tuple[Curve, list[str]] | None:
        """A part on the chart of all inputs, all residuals, or rejects; None where it is not kept.
        Returns the chart and the rules that signal."""
        kind = SHARES if what == REJECTS else HOTELLING
        if kind not in self.settings.kinds or (kind == HOTELLING and len(value) < 2):
            return None
        curve = self.of("", what, kind)
        return curve, curve.add(value, where)

    def again(self, wanted: Mapping[str, str] | None = None) -> list[Name]:
        """New limits from the next parts: of the chart `wanted` {"output", "of", "chart"}, or of
        all that another model changes. Names of those charts. Raises InputError for an unknown
        one."""
        if wanted is None:
            names = [name for name in self.by_name if name[1] in OF_MODEL]
        else:
            names = [self.wanted(wanted)]
        for name in names:
            self.by_name[name].again()
        return names

    def wanted(self, wanted: Mapping[str, str]) -> Name:
        """The name of a chart that there is. Raises InputError."""
        name = wanted.get("output", ""), wanted.get("of", ""), wanted.get("chart", "")
        if name not in self.by_name:
            raise InputError("there is no such chart; look at the list again")
        return name

    def listed(self) -> list[dict[str, Any]]:
        """{"output", "of", "chart", "wait", "n"} of every chart."""
        return [
            {"output": output, "of": what, "chart": kind, **brief(curve)}
            for (output, what, kind), curve in self.by_name.items()
        ]

    def kept(self) -> list[list[Any]]:
        """All of them as JSON holds it."""
        return [[list(name), curve.kept()] for name, curve in self.by_name.items()]

    def restore(self, kept: list[list[Any]]) -> None:
        """What was kept of charts that there still are."""
        for (output, what, kind), state in kept:
            if kind in self.settings.of(output).kinds or kind == INDIVIDUALS:
                self.of(output, what, kind).restore(state)


TITLES = {INPUTS: "T2 of the inputs", RESIDUALS: "T2 of the residuals", REJECTS: "share of rejects"}


def brief(curve: Curve) -> dict[str, Any]:
    """Whether a chart has limits, and how many of its points signal."""
    if curve.chart is None:
        return {"wait": curve.told()["wait"]}
    return {"n": curve.chart.count, "signalled": curve.chart.signalled}
