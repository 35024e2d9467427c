"""The limits of a line, from a TOML (or JSON) file: what is good, what may be turned, how well the
sensors agree with the domain.

edge = "no verdict"  # where there are no training data; "accept" judges such parts as any other
least_p = 0.01       # parts whose inputs are less familiar get no verdict
accept_at = 0.95     # parts are accepted from this probability to be inside all limits on, or
# escape = 0.01      # so that at most this share of the accepted ones is bad
in_doubt = "no verdict"     # nothing is accepted while measured parts speak against intervals
measured_within = 500       # nor where none of so many parts was measured
explain = "last accepted"   # what inputs contribute to parts that are not accepted; also "mean"

[outputs.width]
unit = "um"          # of the three numbers; without it they are in the unit of the model
LSL = 100.0
USL = 140.0
target = 120.0

[knobs.power]
lower = 150.0
upper = 350.0
step = 5.0
cost = 0.01          # per axis unit

[inputs.power]
tolerance = 0.5      # a reading so far outside the domain counts as its border
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from os import PathLike, fspath
from typing import Any

import numpy as np

from ..core.axis import Axis
from ..core.inputs import unknown_name
from ..core.tolerance import checked
from ..errors import DomainError, InputError
from ..inverse.targets.knob import Knob, box
from ..model import Model
from ..uncertainty.predictive import need_rows
from ..values.documents import document, document_bytes, shortened
from ..values.units import converted
from .accepting.rule import (
    IN_DOUBT,
    LEAST,
    Escape,
    accept_at_of,
    escape_of,
    in_doubt_of,
    within_of,
)
from .explained import Explain, explain_of

EDGE = ("no verdict", "accept")
LENGTHS = {"lsl", "usl", "target"}
"""Entries of an output that have its unit."""


@dataclass(frozen=True)
class Limit:
    """Lower and upper specification limit and target of one output, in output units; infinite where
    there is none. `reject`: a probability below which a part is rejected; between it and the lower
    limit there is no verdict. `accept_at`: the probability to be inside from which on this output
    lets a part be accepted; None: its whole interval has to be inside."""

    name: str
    lsl: float = -np.inf
    usl: float = np.inf
    target: float | None = None
    reject: float | None = None
    accept_at: float | None = None

    @property
    def sides(self) -> int:
        """How many finite limits."""
        return int(np.isfinite(self.lsl)) + int(np.isfinite(self.usl))


@dataclass(frozen=True)
class LineLimits:
    """What a line's parts are judged by, what may be turned, and how far outside a reading counts
    as the border.

    `edge`: "no verdict" or "accept" for parts in a span of an input without a training row.
    `least_p`: parts whose familiarity p is at most this are `unfamiliar`, as are those that the
    model calls so by its own; None: only those. `accept_at`: parts are accepted from this
    probability to be inside all limits at once on; `escape`: so that at most a share of the
    accepted ones is bad. None, None and no `accept_at` of an output: where the whole interval is
    inside. `explain`: what parts that are not accepted are explained against; None: they are not.
    `in_doubt`: "tell" or "no verdict" for parts that would be accepted while measured parts speak
    against intervals, or none of `measured_within` parts was measured (None: none has to be).
    """

    outputs: tuple[Limit, ...]
    knobs: dict[str, Knob] = field(default_factory=dict)
    tolerance: dict[str, float] = field(default_factory=dict)
    edge: str = EDGE[0]
    least_p: float | None = None
    accept_at: float | None = None
    escape: Escape | None = None
    explain: Explain | None = None
    in_doubt: str = IN_DOUBT[0]
    measured_within: int | None = None

    @property
    def by_probability(self) -> bool:
        """Whether probabilities accept parts, and not intervals."""
        told = (self.accept_at, self.escape, *(o.accept_at for o in self.outputs))
        return any(one is not None for one in told)


def read_limits(path: str | PathLike[str], model: Model) -> LineLimits:
    """The limits in `path` (.toml, or .json with the same tables), checked against the model.
    Raises InputError.

    >>> import json, os, tempfile, sna_edge
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    >>> cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    >>> model = sna_edge.Model([axis], cp, [sna_edge.Output("width", "um")])
    >>> path = os.path.join(tempfile.mkdtemp(), "limits.json")
    >>> with open(path, "w") as file:
    ...     json.dump({"outputs": {"width": {"LSL": 80, "USL": 120}}}, file)
    >>> read_limits(path, model).outputs
    (Limit(name='width', lsl=80.0, usl=120.0, target=None, reject=None, accept_at=None),)
    """
    return limits_in(document_bytes(path), fspath(path), model)


def limits_in(data: bytes, name: str, model: Model) -> LineLimits:
    """The limits in the bytes of the file `name`, as `read_limits` gives them."""
    tables = document(data, name)
    try:
        return parse_limits(tables, model)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def parse_limits(tables: Mapping[str, Any], model: Model) -> LineLimits:
    """Limits from nested mappings; every wrong key or number is named."""
    known = ("outputs", "knobs", "inputs", "edge", "least_p", "accept_at", "escape", "explain",
             "in_doubt", "measured_within")  # fmt: skip
    _only(tables, known, "the limits")
    outputs = _tables_of(tables, "outputs")
    if not outputs:
        raise InputError("the limits name no output; add a table [outputs.NAME] with LSL or USL")
    knobs = _tables_of(tables, "knobs")
    for name in outputs:
        if name not in model.output_names:
            raise InputError(
                f"{name!r} is not an output of this model; its outputs are"
                f" {', '.join(model.output_names)}"
            )
    for name in knobs:
        if name not in model.input_names:
            raise InputError(f"knob {unknown_name(name, model.input_names)}")
    units = {o.name: o.unit for o in model.outputs}
    limits = LineLimits(
        tuple(
            _with_reject(_limit(name, table, units[name]), model) for name, table in outputs.items()
        ),
        {name: _knob(model.axes[model.axis_index(name)], table) for name, table in knobs.items()},
        checked(
            model.axes,
            {name: _tolerance(name, table) for name, table in _tables_of(tables, "inputs").items()},
        ),
        _edge(tables.get("edge", EDGE[0])),
        _least_p(tables["least_p"], model) if "least_p" in tables else None,
        accept_at_of(tables["accept_at"], "accept_at") if "accept_at" in tables else None,
        escape_of(tables["escape"]) if "escape" in tables else None,
        explain_of(tables["explain"], model) if "explain" in tables else None,
        in_doubt_of(tables.get("in_doubt", IN_DOUBT[0])),
        within_of(tables["measured_within"]) if "measured_within" in tables else None,
    )
    need_supported(limits, model)
    return limits


def _tables_of(tables: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    found = tables.get(key, {})
    if not isinstance(found, Mapping) or not all(isinstance(v, Mapping) for v in found.values()):
        raise InputError(f"{key} must be tables, one per name: [{key}.NAME]")
    return dict(found)


def _only(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    wrong = [str(key) for key in table if key not in known]
    if wrong:
        raise InputError(
            f"{where} cannot have an entry {shortened(wrong[0])!r}; entries are {', '.join(known)}"
        )


def _with_reject(limit: Limit, model: Model) -> Limit:
    """The limit, whose `reject` is a probability below LSL of an output that is one; of several
    labels no output is."""
    for one in model.classes:
        if one.kind == "several" and model.output_names.index(limit.name) in one.outputs:
            raise InputError(
                f"limits of {limit.name!r}: of several labels an output is no probability until it"
                " is divided by their sum; fit this label against all others under one name, and"
                " give that limits"
            )
    if limit.reject is None:
        return limit
    places = {k for one in model.classes for k in one.outputs}
    if model.output_names.index(limit.name) not in places:
        raise InputError(
            f"reject of {limit.name!r}: only the probability of a class has one; other outputs are"
            " judged by their interval"
        )
    if not 0.0 <= limit.reject <= limit.lsl < np.inf:
        raise InputError(
            f"reject of {limit.name!r} is {limit.reject:g}; give a probability from 0 to its LSL"
        )
    return limit


def _limit(name: str, table: Mapping[str, Any], unit: str) -> Limit:
    """The limit in the `unit` of the model; `unit` in the table is that of its numbers."""
    lowered: dict[str, Any] = {}
    for key, value in table.items():
        if key.lower() in lowered:
            raise InputError(
                f"limits of {name!r} give {key.upper()} twice, in two spellings; keep one of them"
            )
        lowered[key.lower()] = value
    _only(lowered, ("lsl", "usl", "target", "unit", "reject", "accept_at"), f"limits of {name!r}")
    accept_at = None
    if "accept_at" in lowered:
        accept_at = accept_at_of(lowered.pop("accept_at"), f"accept_at of {name!r}")
    given = lowered.pop("unit", unit)
    if not isinstance(given, str):
        raise InputError(f'unit of {name!r} is {shortened(str(given))}; give a word, as "mm"')
    values = {key: _number(value, f"{key.upper()} of {name!r}") for key, value in lowered.items()}
    for key in LENGTHS & values.keys():
        values[key] = converted(values[key], given, unit, name, "output")
    limit = Limit(name, **values, accept_at=accept_at)
    if not limit.lsl < limit.usl or (np.isinf(limit.lsl) and np.isinf(limit.usl)):
        raise InputError(f"limits of {name!r} need LSL < USL; give at least one of the two")
    if limit.target is not None and not limit.lsl <= limit.target <= limit.usl:
        raise InputError(
            f"the target of {name!r} lies outside its limits; give one between LSL and USL"
        )
    return limit


def _knob(axis: Axis, table: Mapping[str, Any]) -> Knob:
    """Bounds of a knob with levels are levels, as they are written or as numbers."""
    name = axis.name
    _only(table, ("lower", "upper", "step", "cost"), f"knob {name!r}")
    named = ("lower", "upper") if axis.kind == "categorical" else ()
    words: dict[str, Any] = {k: v for k, v in table.items() if k in named and isinstance(v, str)}
    numbers = {k: _number(v, f"{k} of knob {name!r}") for k, v in table.items() if k not in words}
    for key in ("step", "cost"):
        if numbers.get(key, 1.0) <= 0:
            raise InputError(
                f"{key} of knob {name!r} must be positive; give another, or leave it out"
            )
    knob = Knob(**numbers, **words)
    try:
        box(axis, knob)
    except DomainError as error:
        raise InputError(f"a bound of knob {name!r} is not a level: {error}") from None
    return knob


def _tolerance(name: str, table: Mapping[str, Any]) -> float:
    _only(table, ("tolerance",), f"[inputs.{name}]")
    if "tolerance" not in table:
        raise InputError(
            f"input {name!r} has an empty table; give its tolerance, or leave the table out"
        )
    return _number(table["tolerance"], f"tolerance of {name!r}")


def need_supported(limits: LineLimits, model: Model) -> None:
    """InputError for rules that exclude each other, and for probabilities of which the model says
    nothing."""
    if not limits.by_probability:
        return
    each = [o for o in limits.outputs if o.accept_at is not None]
    if bool(each) + (limits.accept_at is not None) + (limits.escape is not None) > 1:
        raise InputError(
            "the limits say by several rules when parts are accepted; keep one of accept_at of the"
            " file, accept_at of outputs, and escape"
        )
    rows = model.calibration.n_residuals if model.calibration else 0
    if not rows:
        raise InputError(
            "accept_at and escape need a model with quantiles of residuals, and this one has none;"
            " leave them out, or fit it anew from 50 rows on"
        )
    pairs = [(o.accept_at, o.sides) for o in each]
    if limits.accept_at is not None:
        pairs = [(limits.accept_at, sum(o.sides for o in limits.outputs))]
    for at, sides in pairs:
        if why := need_rows(rows, sides, at or LEAST, f"accept_at = {at:g}"):
            raise InputError(why)


def _edge(value: Any) -> str:
    if not isinstance(value, str) or value not in EDGE:
        raise InputError(f"edge is {_said(value)}; write {' or '.join(map(repr, EDGE))}")
    return value


def _least_p(value: Any, model: Model) -> float:
    """Only a model that says how familiar inputs are can be held to it."""
    least_p = _number(value, "least_p")
    if not 0 < least_p < 1:
        raise InputError(f"least_p is {least_p:g}; give a share between 0 and 1, like 0.01")
    told = model.calibration
    if told is None or not (told.n_scores or told.pairs):
        raise InputError(
            "least_p needs a model that says how familiar inputs are, and this one does not; leave"
            " the entry out"
        )
    return least_p


def _number(value: Any, what: str) -> float:
    """A finite float. Raises InputError that says what stands there instead."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{what} is {_said(value)}; give a number without quotes")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InputError(
            f"{what} is a whole number beyond 64 bits; write it with an exponent (1e20), or leave"
            " the entry out"
        )
    if not isfinite(value):
        raise InputError(
            f"{what} is infinite, not a number or beyond 1e308; give a finite number, or leave the"
            " entry out"
        )
    return float(value)


def _said(value: Any) -> str:
    """What stands in the file, shortly."""
    if isinstance(value, (Mapping, list)):
        return "a table" if isinstance(value, Mapping) else "a list"
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return f"the text {shortened(value)!r}" if isinstance(value, str) else str(value)
