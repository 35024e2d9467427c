"""What one station and recipe shows, as JSON: kept beside the records, so that control limits are
the same after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .patterns import Still
from .running import Running
from .shown import Kept, Shown


def kept(running: Running) -> dict[str, Any]:
    """All of it; nothing in it changes afterwards."""
    return {
        "station": running.station, "recipe": running.recipe, "model": running.model,
        "counts": dict(running.counts), "last": running.last, "rejected": running.rejected,
        "points": [[*point.told(), dict(point.reading)] for point in running.points],
        "outputs": {
            name: [list(one.numbers), list(one.measured), list(one.limits), dict(one.became),
                   list(one.inside), list(one.of), list(one.inside_of)]
            for name, one in running.outputs.items()
        },
        "inputs": {
            name: [still.last, still.times, still.moves]
            for name, still in running.patterns.inputs.items()
        },
        "verdicts": list(running.patterns.verdicts),
        "curves": running.curves.kept(),
    }  # fmt: skip


def restore(running: Running, told: Mapping[str, Any]) -> None:
    """Make a new one what `kept` was. Raises KeyError, TypeError, ValueError or InputError for what
    is none."""
    for record, at, part, verdict, outputs, reading in told["points"]:
        running.append(Shown(int(record), int(at), part, verdict, outputs, 0, reading))
    for name, (numbers, measured, limits, became, inside, *of) in told["outputs"].items():
        lsl, usl, target = limits
        one = running.outputs[name] = Kept(limits=(lsl, usl, target), became=became)
        one.numbers.extend(numbers)
        one.measured.extend(measured)
        one.inside.extend(inside)
        of = of or [[0] * len(measured), [0] * len(inside)]  # kept by an earlier version
        one.of.extend(of[0])
        one.inside_of.extend(of[1])
    running.patterns.inputs = {name: Still(*still) for name, still in told["inputs"].items()}
    running.patterns.verdicts.extend(told["verdicts"])
    running.counts = {word: int(n) for word, n in told["counts"].items()}
    running.last, running.rejected = dict(told["last"]), dict(told["rejected"])
    running.rejected_at = 0 if running.rejected else -1
    running.model = str(told["model"])
    running.curves.restore(told["curves"])
