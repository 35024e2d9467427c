"""`fit` as it is called: inputs computed from readings are settled around the fit of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sna_edge.errors import InputError
from sna_edge.model import Model

from ..pipeline.result import FitResult
from ..plant import tables
from ..plant.beside import apart, errors_of
from ..shape.asked import Shape
from ..shape.proof import delivered
from .base import Base
from .computed import Computed
from .suspicious import warnings_of

if TYPE_CHECKING:
    from ...table import Table


def fit(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None = None,
    *,
    derive: Sequence[str] = (),
    base: Model | None = None,
    units: Mapping[str, str] | None = None,
    **options: Any,
) -> FitResult:
    """As `tables.fit` and `fit_table`, whose other `options` it takes.

    `derive`: inputs computed from columns of numbers, each "name = formula" or "name [unit] =
    formula" of + - * / **, brackets, sqrt, exp, log, abs, min and max; later ones may use earlier
    ones. Each is an input; one that a later formula uses is one where `inputs` names it, or names
    nothing. The columns of a formula stay inputs where `inputs` does not leave them out; what is
    left out is a raw reading of the model, which computes its inputs from readings itself. `units`
    {column: unit} beside those of the table, by which the units of formulas are checked. Raises
    InputError with the row where a formula has no value.

    `base`: a model of the targets as far as they are known, physics or an older fit: what is fitted
    is the difference before its link, and the sum is one model over the domain of the base.

    >>> from sna_export.fit import fit
    >>> from sna_export.table import Table
    >>> power, speed = [1.0, 2, 3, 4, 5, 6, 7, 8], [2.0, 1, 2, 1, 2, 1, 2, 1]
    >>> depth = [p / s for p, s in zip(power, speed)]
    >>> table = Table.of({"power": power, "speed": speed, "depth": depth})
    >>> found = fit(table, ["depth"], inputs=["energy"], derive=["energy = power / speed"])
    >>> found.model.input_names, found.model({"power": 3.0, "speed": 1.5}).round(6)
    (['energy'], array([2.]))
    """
    options["error"] = errors_of(options.get("error"), targets)
    columns = _decided(columns, targets, inputs, options)
    warned = _warnings(columns, targets, inputs, options)
    made = None
    if derive:
        made = Computed.of(columns, targets, inputs, derive, units or {}, options)
        columns, inputs = made.columns, made.inputs
    if base is None:
        found = tables.fit(columns, targets, inputs, **options)
    else:
        found = _difference(columns, targets, inputs, base, units or {}, options)
    if options.get("shape") and (base is not None or found.parts or options.get("known_groups")):
        found = delivered(found, Shape.of(options["shape"]))  # the sum, not its parts
    found = found if made is None else made.finished(found)
    return replace(found, report={**found.report, "warnings": warned}) if warned else found


def _difference(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None,
    base: Model,
    units: Mapping[str, str],
    options: dict[str, Any],
) -> FitResult:
    """Base and difference as one model."""
    if options.get("link", "auto") != "auto":
        raise InputError("the link is that of the base; leave --link out")
    known = Base.of(base, columns, targets, units, options)
    inputs = None if inputs is None else list(dict.fromkeys([*inputs, *base.input_names]))
    own = {"plain": True, "link": "identity", "domain": known.domain(options.get("domain") or {})}
    found = tables.fit(known.difference(targets), targets, inputs, **{**options, **own})
    return known.finished(found, bool(options.get("plain")), options.get("seed", 0))


def _decided(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None,
    options: Mapping[str, Any],
) -> Table:
    """The table with the decimal mark that its columns of numbers prove, before anybody reads
    them; one that they leave open is refused where the number is needed."""
    levels = options.get("categorical", ())
    names = (*targets, *(columns.names if inputs is None else inputs))
    try:
        return columns.decided([n for n in names if n in columns.names and n not in levels])
    except InputError:
        return columns


def _warnings(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None,
    options: Mapping[str, Any],
) -> list[str]:
    """What looks wrong about the inputs; the fit itself says what is wrong about their names."""
    no_inputs = [*targets, *apart(options)]
    chosen = inputs if inputs is not None else [n for n in columns.names if n not in no_inputs]
    return warnings_of(columns, targets, chosen, options.get("categorical", ()))
