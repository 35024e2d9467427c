"""Rows of a user's own that a model has to predict before a station judges with it."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import InputError
from ...model import Model
from ...quality import Limit, Line, LineLimits
from ...quality.readings import table_readings
from ...table import Record, hint_of, open_table
from ..config import Recipe

SHOWN = 3  # rows that are named


def predicts(model: Model, recipe: Recipe) -> int:
    """How many of the acceptance rows the model predicts: all of them. Raises InputError that
    names the first ones which it does not."""
    path = recipe.accept_rows
    levels = [a.name for a in model.axes if a.kind == "categorical"]
    source = open_table(path, hint_of(model.metadata.get("dialect")), categorical=levels)
    outputs = {o.name: o.unit for o in model.outputs if o.name in source.names}
    allowed = _allowed(recipe.tolerance, outputs, path)
    line = Line(model, LineLimits(tuple(Limit(name) for name in outputs)), advice_ms=0.0)
    numbers = [n for n in (*line.names, *outputs) if n in source.names and n not in levels]
    marks = source.settle(numbers)
    count, wrong = 0, list[str]()
    for block in source.blocks():
        records = [
            Record(at, row, block.wrong.get(i, ""))
            for i, (at, row) in enumerate(zip(block.lines, block.rows, strict=True))
        ]
        readings = table_readings(source.names, records)
        answers = line.readings(readings, number=marks.number, units=source.units)
        for at, reading, answer in zip(block.lines, readings, answers, strict=True):
            count += 1
            if "outputs" not in answer or isinstance(reading, str):
                wrong.append(f"line {at}: {answer.get('reason', answer['status'])}")
                continue
            for name, limit in allowed.items():
                value, cell = answer["outputs"][name]["value"], reading[name]
                measured = marks.number(cell) if cell else float("nan")
                if not abs(value - measured) <= limit:  # an empty cell, too
                    wrong.append(
                        f"line {at}: {name} is {value:.6g}, measured {measured:.6g}, tolerance"
                        f" {limit:g}"
                    )
    if not count:
        raise InputError(f"{path} has no rows below its header; give a table with rows")
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise InputError(
            f"the model does not predict the acceptance rows ({'; '.join(wrong[:SHOWN])}{more})"
        )
    return count


def _allowed(
    tolerance: Mapping[str, float], outputs: Mapping[str, str], path: str
) -> dict[str, float]:
    """{output: tolerance} of the outputs in the rows."""
    if not outputs:
        raise InputError(f"{path} has no column of an output; give rows with measured outputs")
    if "" in tolerance:
        return dict.fromkeys(outputs, tolerance[""])
    if unknown := [name for name in tolerance if name not in outputs]:
        raise InputError(
            f"tolerance names {unknown[0]!r}; outputs in {path} are {', '.join(outputs)}"
        )
    if missing := [name for name in outputs if name not in tolerance]:
        raise InputError(f"accept_rows needs a tolerance of {', '.join(missing)}; give one")
    return dict(tolerance)
