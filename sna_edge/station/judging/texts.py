"""The text of records: what happened, when, by which clock, with which configuration."""

from __future__ import annotations

from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from ... import __version__
from ...quality.echo import ECHOED
from ...quality.encoded import encoded
from ..drafts import EVENT, MEASURED, VERDICT, WRONG, Draft
from ..parts import Arrival
from .clock import Clock, written
from .limited import LONGEST, cut
from .same import PRINT, print_of

SCHEMA = 1
"""Version of the record's schema; readers refuse a newer one by name."""


class Texts:
    """Drafts of records; `clock` stamps them, `config` is the digest of the configuration."""

    def __init__(self, clock: Clock, config: str) -> None:
        self.clock = clock
        self._tail = f', "config": "{config}", "version": {quoted(__version__)}}}'

    def answered(
        self, arrival: Arrival, recipe: str, answer: dict[str, Any], told: str, mark: str = ""
    ) -> Draft:
        """Of an answer of the line; `told`: model and limits as they follow in the text. A `mark`
        makes it measured values that came alone."""
        kind, now = MEASURED if mark else VERDICT, self.clock.now()
        for name in ("line", *ECHOED):
            answer.pop(name, None)
        contributions = answer.get("contributions")
        if contributions and "against" in contributions:
            contributions["against"].pop("line", None)
        if arrival.sent is not None:
            answer["sent"] = written(arrival.sent)
        head = (
            f'{{"schema": {SCHEMA}, "kind": "{kind}", "station": {quoted(arrival.station)},'
            f' "part": {quoted(arrival.part)}, "sequence": {arrival.sequence},'
            f' "recipe": {quoted(recipe)}, "door": {quoted(arrival.door)},'
            f' "time": "{written(now)}", "clock": "{self.clock.state}", '
        )
        if not mark:
            answer[PRINT] = print_of(arrival.reading)
        said = encoded(answer)
        if len(said) > LONGEST:
            said = encoded(cut(answer))
        text = f"{head}{said[1:-1]}{told}{self._tail}"
        became = {
            name: one
            for name, one in answer.get("measured", {}).items()
            if isinstance(one, Mapping) and "value" in one
        }
        measured = {name: one["value"] for name, one in became.items()}
        outputs = answer.get("outputs") or {
            name: {**one, "value": one.get("predicted")} for name, one in became.items()
        }
        return Draft(
            kind, arrival.station, text, now, arrival.part, arrival.sequence, mark, recipe,
            answer.get("verdict", ""), outputs, measured,
        )  # fmt: skip

    def event(
        self, event: str, *, station: str = "", who: str = "station", why: str = "", part: str = "",
        recipe: str = "", **more: Any,
    ) -> Draft:  # fmt: skip
        """Of something that happened: who did it, and why."""
        now = self.clock.now()
        entries = {
            "schema": SCHEMA, "kind": EVENT, "station": station, "part": part, "recipe": recipe,
            "time": written(now), "clock": self.clock.state, "event": event, "who": who,
            "why": why, **more,
        }  # fmt: skip
        text = encoded(entries)[:-1] + self._tail
        wrong = int(more["about"]) if event == WRONG else 0
        return Draft(EVENT, station, text, now, part=part, recipe=recipe, wrong=wrong)
