"""What an answer is worth: ends of intervals and familiarity, in REAL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sna_edge.core.beside import Companion, CoordinateSource, Role
from sna_edge.core.output import Output
from sna_edge.model import Model

from ..integers.width import Width, in_output_units
from .function import Function, Room
from .places import bisect, ends, halves
from .text import Block, real

ROUNDING = 2.0**-23
"""Of a value: ends move outwards by as much (FORMAT.md section 6)."""


def constant(output: Output) -> tuple[float, float]:
    """What an identity adds to f scale, as the sum of two numbers that REAL holds."""
    return halves(output.bias * output.scale + output.offset)


def linked(output: Output, f: str) -> list[str]:
    """Statements that set prod to the output whose linear part `f` holds, bias and all; a logistic
    from the end that is nearer to 0, so that less cancels."""
    scale, offset = real(output.scale), real(output.offset)
    top = output.offset + output.scale
    if output.link == "logistic" and abs(top) < abs(output.offset):
        return [f"prod := {real(-output.scale)} / (1.0 + EXP({f})) + ({real(top)});"]
    made = {
        "identity": f"prod := {f} * {scale} + ({offset});",
        "exp": f"prod := EXP({f}) * {scale} + ({offset});",
        "logistic": f"prod := {scale} / (1.0 + EXP(-({f}))) + ({offset});",
    }
    return [made[output.link]]


@dataclass
class Beside:
    """Writes both into a block: `x` are the clipped inputs, `y` the values, by name."""

    block: Block
    room: Room
    model: Model
    x: list[str]
    y: list[str]

    def interval(self, k: int, width: Width, lower: str, upper: str) -> None:
        """Sets both ends of output k; linear[k] holds its linear part, of an identity all but the
        larger part of its constant, which is added last: one rounding of the size of a value."""
        say, y, output = self.block.say, self.y[k], self.model.outputs[k]
        say("t := 1.0;")
        if width.scale is not None:
            self._companion(self.model.companions[width.scale], f"c{width.scale + 1}_")
            say("t := prod;")
        if output.link == "identity":
            width = in_output_units(width, output.scale)
        by = [f"{real(width.low)} * t - {real(width.floor)}",
              f"{real(width.high)} * t + {real(width.floor)}"]  # fmt: skip
        turned = width.space == "link" and output.scale < 0
        say(f"v := ABS({y}) * {real(ROUNDING)};")
        for name, move, sign in zip((lower, upper), by[::-1] if turned else by, "-+", strict=True):
            self._end(k, width.space, name, move, f"{sign} v")
        if width.low <= 0 <= width.high and width.scale is None and not width.floor:
            say(f"IF {lower} > {y} THEN {lower} := {y}; END_IF;")
            say(f"IF {upper} < {y} THEN {upper} := {y}; END_IF;")
        self._cut(output, lower, upper)

    def _end(self, k: int, space: str, name: str, move: str, outwards: str) -> None:
        output = self.model.outputs[k]
        if output.link == "identity":
            far = real(constant(output)[0])
            self.block.say(f"{name} := (linear[{k}] + ({move}) {outwards}) + ({far});")
        elif space == "output":
            self.block.say(f"{name} := {self.y[k]} + (({move}) {outwards});")
        else:
            self.block.say(*linked(output, f"(linear[{k}] + ({move}))"))
            self.block.say(f"{name} := prod {outwards};")

    def _cut(self, output: Output, lower: str, upper: str) -> None:
        """To the range of the link."""
        least, most = output.ends
        for name in (lower, upper):
            if np.isfinite(least):
                text = f"IF {name} < {real(least)} THEN {name} := {real(least)}; END_IF;"
                self.block.say(text)
            if np.isfinite(most):
                self.block.say(f"IF {name} > {real(most)} THEN {name} := {real(most)}; END_IF;")

    def familiarity(self, name: str) -> None:
        """Sets p-value `name`, and the status where it is at most the limit of the model."""
        found: Any = self.model.calibration
        say = self.block.say
        say(f"{name} := 1.0;")
        if found.n_scores:
            self._score()
            self._share(found, name)
        for i, pair in enumerate(found.pairs):
            table = f"share_pair{i + 1}"
            levels = np.indices(pair.shape).reshape(2, -1)
            self.block.table(table, "SINT", np.asarray(pair.together(*levels)).astype(int))
            index = f"{self.x[pair.a]} * {pair.shape[1]} + {self.x[pair.b]}"
            say(f"j := {index};", f"IF {table}[j] = 0 THEN {name} := 0.0; END_IF;")
        say(f"IF {name} <= {real(found.least_p)} THEN status := 5; END_IF;")

    def _score(self) -> None:
        """Sets u to the sum of weight ln(max(prod, 2^-126))."""
        self.block.work("u", "REAL")
        self.block.say("u := 0.0;")
        for i, companion in enumerate(self.model.companions):
            if companion.role == Role.FAMILIARITY:
                self._companion(companion, f"c{i + 1}_")
                least = "1.17549435E-38"
                self.block.say(f"IF NOT (prod > {least}) THEN prod := {least}; END_IF;")
                self.block.say(f"u := u + {real(companion.weight)} * LN(prod);")

    def _share(self, found: Any, name: str) -> None:
        scores = np.asarray(found.scores, np.float32)
        last, least = len(scores) - 1, real(1.0 / (found.n_scores + 1.0))
        self.block.table("share_score", "REAL", scores)
        gaps = np.diff(scores)
        rates = np.divide(1.0, gaps, out=np.zeros_like(gaps), where=gaps > 0)
        self.block.table("share_rate", "REAL", [*rates, 0.0])
        bisect(self.block, "share_score", "u", len(scores))
        self.block.say(
            "v := (u - share_score[span]) * share_rate[span];",
            "IF v > 1.0 THEN v := 1.0; END_IF;",
            f"{name} := 1.0 / (1.0 + EXP(({real(last / 2)} - (DINT_TO_REAL(span) + v)) * 0.5));",
            f"IF u < share_score[0] OR {name} < {least} THEN {name} := {least}; END_IF;",
        )

    def _companion(self, companion: Companion[Any], prefix: str) -> None:
        """Sets prod to the one output of a companion, whose coordinates are kept on their axes."""
        model, places = companion.model, []
        for d, (axis, c) in enumerate(zip(model.axes, companion.coordinates, strict=True)):
            if c.source == CoordinateSource.INPUT:
                places.append(self.x[c.index])
                continue
            name = f"{prefix}{d + 1}"
            self.block.work(name, "REAL")
            given = self.y[c.index] if c.source == CoordinateSource.PREDICTION else ""
            self.block.say(f"{name} := {given or real(c.constant)};")
            if not given:
                self._feature(name, c.weights)
            low, high = map(real, ends(axis))
            self.block.say(f"IF {name} < {low} THEN {name} := {low}; END_IF;")
            self.block.say(f"IF {name} > {high} THEN {name} := {high}; END_IF;")
            places.append(name)
        Function(self.block, self.room, model, places, prefix).write()
        output = model.outputs[0]
        self.block.say(*linked(output, f"(f[0] + ({real(output.bias)}))"))

    def _feature(self, name: str, weights: Any) -> None:
        """name := name + sum_e A_e u_e of the encoded inputs."""
        at = 0
        for axis, x in zip(self.model.axes, self.x, strict=True):
            if axis.kind == "categorical":
                self.block.table(f"{name}_{x}", "REAL", weights[at : at + axis.basis.n_spans])
                self.block.say(f"{name} := {name} + {name}_{x}[{x}];")
                at += axis.basis.n_spans
                continue
            self.block.say(
                f"{name} := {name} + {real(float(weights[at]))} * ({x} - ({real(axis.lower)}));"
            )
            at += 1
