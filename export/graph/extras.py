"""What a graph is asked to give beside the values: ends of an interval, scale, familiarity."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from sna_edge.core.beside import Role
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.uncertainty.familiarity import need_familiarity
from sna_edge.uncertainty.interval import USUAL, left_open, residuals

KINDS = ("interval", "scale", "familiarity")
FAMILIARITY = "familiarity"


@dataclass(frozen=True)
class Extras:
    """Which of KINDS, and the level of the interval; None: that of the output, 90 % where only the
    calibration has one."""

    kinds: tuple[str, ...] = ()
    level: float | None = None

    @classmethod
    def of(cls, model: Model, kinds: Sequence[str], level: float | None = None) -> Extras:
        """Raises InputError for a kind that is none, that the model does not have, or a level
        without an interval."""
        for kind in kinds:
            if kind not in KINDS:
                raise InputError(
                    f"--with {kind!r} is none of what stands beside values; use {', '.join(KINDS)}"
                )
        found = cls(tuple(k for k in KINDS if k in kinds), level)
        if level is not None and "interval" not in kinds:
            raise InputError("--level is that of the interval; ask for it by --with interval")
        found._need(model)
        return found

    def _need(self, model: Model) -> None:
        """InputError where the model does not have it."""
        if "interval" in self.kinds:
            if self.level is not None:
                residuals(model, self.level)
            lone = set(range(len(model.outputs))) - set(left_open(model))
            lone = {k for k in lone if self.level is None and model.outputs[k].interval is None}
            if lone:
                name = model.outputs[min(lone)].name
                raise InputError(f"output {name!r} has no interval; leave out --with interval")
        if "scale" in self.kinds and not scaled(model):
            raise InputError(
                "no output of this model has a scale: its widths are one number each; leave out"
                " --with scale"
            )
        if FAMILIARITY in self.kinds:
            need_familiarity(model)
        outputs = model.output_names
        taken = {*model.input_names, *outputs, *(f"d_{name}" for name in outputs)}
        if twice := taken & set(self.names(model)):
            raise InputError(
                f"this model has a {min(twice)!r} of its own, so --with cannot give another; rename"
                " that column"
            )

    def names(self, model: Model) -> tuple[str, ...]:
        """Names of the further outputs, in their order."""
        found: list[str] = []
        if "interval" in self.kinds:
            found += [f"{o.name}_{end}" for o in model.outputs for end in ("lower", "upper")]
        if "scale" in self.kinds:
            found += [f"{model.outputs[k].name}_scale" for k in scaled(model)]
        return (*found, *([FAMILIARITY] if FAMILIARITY in self.kinds else []))

    def offsets(self, model: Model, added: Sequence[float]) -> list[float]:
        """What is added to each of them, where `added` [K] is to the outputs: as much to the ends
        of an interval."""
        ends = [plus for plus in added for _ in range(2)] if "interval" in self.kinds else []
        return ends + [0.0] * (len(self.names(model)) - len(ends))

    def level_of(self, output: Output) -> float:
        """That of its interval."""
        return self.level or (output.interval.level if output.interval else USUAL)


NOTHING = Extras()


def asked_for(model: Model, args: argparse.Namespace) -> Extras:
    """What `--with` and `--level` of the command line ask for. Raises InputError."""
    kinds = [kind.strip() for kind in (getattr(args, "with") or "").split(",") if kind.strip()]
    return Extras.of(model, kinds, args.level)


def scaled(model: Model) -> list[int]:
    """Outputs with a scale."""
    return sorted(c.output for c in model.companions if c.role == Role.SCALE)
