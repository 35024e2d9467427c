"""Rows of a user's own that a model has to predict before it is taken: measured inputs and outputs,
and how far a prediction may be off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import InputError
from ..model import Model
from ..quality import Limit, Line, LineLimits
from ..quality.readings import table_readings
from ..table import Measure, Record, Source

SHOWN = 3  # rows that are named


def predicts(model: Model, source: Source, path: str, tolerance: Mapping[str, float]) -> int:
    """How many rows of the table `source`, in the file `path`, the model predicts: all of them.
    `tolerance` {output: in its unit}, "" for all. Raises InputError that names the first rows which
    it does not predict."""
    outputs = {o.name: o.unit for o in model.outputs if o.name in source.names}
    limits = allowed(tolerance, list(outputs), path, model)
    line = Line(model, LineLimits(tuple(Limit(name) for name in outputs)), advice_ms=0.0)
    levels = [a.name for a in model.axes if a.kind == "categorical"]
    marks = source.settle(
        [n for n in (*line.names, *outputs) if n in source.names and n not in levels]
    )
    measures = {
        name: Measure(marks, name, unit, source.units.get(name, ""), "output")
        for name, unit in outputs.items()
    }
    count, wrong = 0, list[str]()
    for block in source.blocks():
        records = [
            Record(at, row, block.wrong.get(i, ""))
            for i, (at, row) in enumerate(zip(block.lines, block.rows, strict=True))
        ]
        readings = table_readings(source.names, records)
        answers = line.readings(readings, number=marks.number, units=source.units)
        measured = {
            name: one.numbers(block.column(source.names.index(name)), block.lines)
            for name, one in measures.items()
        }
        count += len(records)
        for row, (at, reading, answer) in enumerate(
            zip(block.lines, readings, answers, strict=True)
        ):
            if "outputs" not in answer or isinstance(reading, str):
                wrong.append(f"line {at}: {answer.get('reason', answer['status'])}")
                continue
            for name, limit in limits.items():
                value, found = answer["outputs"][name]["value"], measured[name][row]
                if not abs(value - found) <= limit:  # an empty cell, too
                    wrong.append(
                        f"line {at}: {name} is {value:.6g}, measured {found:.6g}, tolerance"
                        f" {limit:g}"
                    )
    for one in measures.values():
        one.finish()
    if not count:
        raise InputError(f"{path} has no rows below its header; give a table with rows")
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise InputError(
            f"the model does not predict the acceptance rows ({'; '.join(wrong[:SHOWN])}{more}); it"
            " is not taken"
        )
    return count


def allowed(
    tolerance: Mapping[str, float], outputs: Sequence[str], path: str, model: Model
) -> dict[str, float]:
    """{output: tolerance} of the outputs in the rows. Raises InputError where one has none, or none
    is there."""
    if not outputs:
        raise InputError(
            f"{path} has no column of an output; give rows with measured"
            f" {', '.join(model.output_names)}"
        )
    if "" in tolerance:
        return dict.fromkeys(outputs, tolerance[""])
    if unknown := [name for name in tolerance if name not in outputs]:
        raise InputError(
            f"tolerance names {unknown[0]!r}; outputs in {path} are {', '.join(outputs)}"
        )
    if missing := [name for name in outputs if name not in tolerance]:
        raise InputError(
            f"the acceptance rows need a tolerance of {', '.join(missing)}; give one for each, in"
            " the unit of the output"
        )
    return dict(tolerance)
