"""Inputs computed from readings: their columns before a fit, their formulas in its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sna_edge.errors import InputError

from ...formulas.derived import Stated, stated, with_derived, with_readings
from ...table.units import unit_for
from ..pipeline.result import FitResult
from ..plant.beside import apart
from ..plant.lag import asked as lags_asked

if TYPE_CHECKING:
    from ...table import Table


@dataclass(frozen=True, eq=False)
class Computed:
    """`columns` with a column for each of the `formulas`, the `inputs` then, and what their parents
    are: {column: unit}, {column: declared ends}."""

    columns: Table
    inputs: list[str] | None
    formulas: list[Stated]
    units: dict[str, str]
    domain: Mapping[str, tuple[float, float]]

    @classmethod
    def of(
        cls,
        columns: Table,
        targets: Sequence[str],
        inputs: Sequence[str] | None,
        derive: Sequence[str],
        units: Mapping[str, str],
        options: dict[str, Any],
    ) -> Computed:
        """Settles `derive` for a fit with these `options`; takes the domain of raw readings out of
        them. Raises InputError for formulas that are none, or that no device computes."""
        if options.get("plain"):
            raise InputError(
                "a plain file (format 1.0) holds no formulas of inputs; leave out --plain, or write"
                " the computed column into the table"
            )
        if options.get("missing") == "model":
            raise InputError(
                "missing 'model' and derive cannot be combined yet: write the computed column into"
                " the table, or leave rows out (missing 'drop')"
            )
        known = {**columns.units, **units}
        names = list(columns.names)
        of_columns = {name: unit_for(name, known) for name in names}
        barred = [*targets, *options.get("categorical", ()), *apart(options)]
        formulas = stated(derive, names, of_columns, barred)
        for name in lags_asked(options.get("lag") or ()):
            if name in {f.name for f in formulas}:
                raise InputError(
                    f"lag names {name!r}, which is computed: a device has no earlier value of it;"
                    " write its column into the table, or lag the readings"
                )
        parents = {n for f in formulas for n in f.parents(names)}
        used = [*targets, *(names if inputs is None else [*inputs, *parents])]
        columns = columns.decided([n for n in used if n not in barred or n in targets])
        table = with_derived(columns, formulas)
        if inputs is not None:
            inputs = _with(inputs, formulas, names)
        domain = dict(options.get("domain") or {})
        if inputs is not None:
            of_raw = {n: domain.pop(n) for n in list(domain) if n in parents - set(inputs)}
            options["domain"], domain = domain, {**domain, **of_raw}
        return cls(table, None if inputs is None else list(inputs), formulas, of_columns, domain)

    def finished(self, found: FitResult) -> FitResult:
        """The fit whose model computes its inputs from readings."""
        model = with_readings(found.model, self.formulas, self.columns, self.units, self.domain)
        told = {
            f.name: {
                "formula": f.text,
                "unit": f.unit,
                "from": f.parents(self.columns.names),
                "input": f.name in model.input_names,
            }
            for f in self.formulas
        }
        return replace(found, model=model, report={**found.report, "derived": told})


def _with(inputs: Sequence[str], formulas: Sequence[Stated], names: Sequence[str]) -> list[str]:
    """`inputs`, and every formula that no later one takes. Raises InputError for an input that is
    neither column nor formula."""
    for name in inputs:
        if name not in names and name not in {f.name for f in formulas}:
            raise InputError(
                f"input {name!r} is neither a column of the table nor derived; columns are"
                f" {', '.join(names)}"
            )
    return list(dict.fromkeys([*inputs, *(f.name for f in formulas if not f.inner)]))
