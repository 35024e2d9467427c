"""Which control charts a recipe has, and by which rules they signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import InputError
from ...quality.charts import rules_of
from .table import Table

INDIVIDUALS, SUBGROUPS, EWMA, CUSUM = "individuals", "xbar", "ewma", "cusum"
HOTELLING, SHARES = "t2", "p"
OF_OUTPUT = (INDIVIDUALS, SUBGROUPS, EWMA, CUSUM)
KINDS = (*OF_OUTPUT, HOTELLING, SHARES)
RANGES = 10
"""Parts of a subgroup from which on its standard deviation is drawn, below that its range."""


@dataclass(frozen=True)
class Charting:
    """`kinds` that are kept, of which `alarms` raise alarms. `reference`: parts that set the limits
    of a chart of single parts; half as many subgroups or samples. `subgroup`, `sample`: parts in
    one. `weight` and `reach` of the EWMA, `slack` k and `interval` h of the CUSUM. `outputs`: what
    differs for one of them."""

    kinds: tuple[str, ...] = KINDS
    alarms: tuple[str, ...] = (INDIVIDUALS,)
    rules: tuple[str, ...] = ("beyond", "run9", "trend6", "2of3")
    reference: int = 50
    subgroup: int = 5
    sample: int = 50
    weight: float = 0.2
    reach: float = 2.962
    slack: float = 0.5
    interval: float = 5.0
    outputs: Mapping[str, Charting] = field(default_factory=dict)

    def of(self, output: str) -> Charting:
        """The settings of one output, or of what concerns none ("")."""
        return self.outputs.get(output, self)


def read_charting(table: Table) -> Charting:
    """The settings in a table [..charts]. Raises InputError."""
    found = _settings(table, Charting())
    outputs = {}
    named = table.table("outputs")
    for name in named.entries:
        inner = named.table(name)
        outputs[name] = _settings(inner, found)
        inner.finish()
    table.finish()
    return replace(found, outputs=outputs)


def _settings(table: Table, usual: Charting) -> Charting:
    """Entries of one table; what it lacks is as `usual`."""
    rules: Any = table.entries.get("rules")
    kept = table.has("rules")
    if kept and not isinstance(rules, str):
        raise table.wrong("rules", rules, 'give rules in one text, like "western-electric"')
    try:
        keys = rules_of(rules) if kept else usual.rules
    except InputError as error:
        raise InputError(f"{table.name}: {error}") from None
    return Charting(
        kinds=_kinds(table, "charts", usual.kinds),
        alarms=_kinds(table, "alarms", usual.alarms),
        rules=keys,
        reference=table.whole("reference", usual.reference, least=10, most=10_000),
        subgroup=table.whole("subgroup", usual.subgroup, least=2, most=25),
        sample=table.whole("sample", usual.sample, least=5, most=100_000),
        weight=table.number("weight", usual.weight, least=0.001, most=1.0),
        reach=table.number("reach", usual.reach, least=0.1, most=20.0),
        slack=table.number("slack", usual.slack, most=20.0),
        interval=table.number("interval", usual.interval, least=0.1, most=100.0),
    )


def _kinds(table: Table, key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    told = table.texts(key, None)
    if told is None:
        return usual
    for name in told:
        if name not in KINDS:
            raise table.wrong(key, name, f"write some of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(told))
