"""The options of `sna-edge inverse`, and which of its questions each takes part in."""

from __future__ import annotations

import argparse

from ..arguments import add_json, add_model
from ..options.dialect import add_dialect
from ..options.stated import several, state, switch, value
from ..trusted.options import add_trust

DEFAULT_COUNT = 16
"""Diverse solutions with several unknowns."""
SOUGHT = ("target", "observations", "table", "probability")
"""The options that ask a question about unknowns; `limits` is one where none of them is given."""
CAUSE = ("observations",)
SURE = ("probability",)
MOVED = ("limits", "probability")

ASKED = (
    several("--target", "NAME=VALUE", "the wanted value of one or more outputs; with one unknown"
            " also NAME=LO:HI, NAME=min or NAME=max"),
    several("--unknown", "A,B", "the inputs to solve for", of=SOUGHT),
    several("--at", "NAME=VALUE", "the known inputs, categorical ones by level", of=SOUGHT),
    value("--table", "IN.csv", "solve once per row: columns of measured outputs and of known"
          " inputs"),
    value("-o --output", "OUT.csv", "where to write the table with the inputs found",
          of=("table",)),
    value("--plot", "FILE", "also draw the solutions or samples as .svg, .png or .pdf",
          of=("target", "probability", "observations")),
    several("--tolerance", "NAME=VALUE", "how far an output may miss its target", of=("target",)),
    value("--count", "N", "number of diverse solutions for several unknowns (default"
          f" {DEFAULT_COUNT})", type=int, of=("target", "probability")),
)  # fmt: skip
MEASURED = (
    value("--observations", "FILE.csv", "measurements: columns of known inputs and measured"
          " outputs"),
    several("--noise", "S", "standard deviation of the measurement noise: one number, or NAME=S per"
            " output (default: that of the gauge study, fit --gage)", of=CAUSE),
    value("--student-t", "DOF", "heavy-tailed noise with so many degrees of freedom, robust to"
          " outliers", type=float, of=CAUSE),
    several("--prior", "NAME=KIND:A,B", "prior of an unknown: uniform:LOW,HIGH, normal:MEAN,STD or"
            " lognormal:MU,SIGMA", of=CAUSE),
    switch("--noise-only", "count the measurement noise only; by default the model's own error (its"
           " stored interval) counts too", default=None, of=CAUSE),
    several("--input-error", "NAME=S", "standard deviation of the reading of a known input"
            " (default: tolerance / sqrt(3) of the sensors that the file knows; NAME=0 for none)",
            of=CAUSE),
    value("--posterior", "N", "draw N posterior samples instead of the most probable values",
          type=int, of=CAUSE),
)  # fmt: skip
"""What caused a measurement."""
ADJUSTED = (
    several("--limits", "NAME=LO:HI", "limits of outputs; leave LO or HI empty for a one-sided"
            " limit; with --target the probability that each solution is inside them is said",
            of=("limits", "target", "probability")),
    value("--probability", "P", "settings of --unknown whose parts are inside --limits with at"
          " least this probability, 95%% or 0.95"),
    several("--near", "NAME=VALUE", "with --probability: the unknowns as they are set now; the"
            " cheapest change is sought", of=SURE),
    several("--bounds", "NAME=LO:HI", "where an adjustable input may be set (default: its domain)",
            of=MOVED),
    several("--step", "NAME=S", "an adjustable input moves in steps of S", of=MOVED),
    several("--cost", "NAME=C", "what a change of an adjustable input by one unit costs (default:"
            " 1 / its domain)", of=MOVED),
    several("--scatter", "NAME=S", "with --probability: standard deviation of an input around what"
            " it is set to, 2 or 2W", of=SURE),
    value("--level", "P", "level of the intervals of solutions, 95%% or 0.95 (default: that of the"
          " file, or 90%%)", of=("target", "limits", "probability")),
    several("--knobs", "A,B", "the adjustable inputs: those that may change to bring the part"
            " inside --limits", of=("limits",)),
    several("--part", "NAME=VALUE", "the part as it is now: every input once", of=("limits",)),
)  # fmt: skip
"""What to adjust so that parts are inside limits."""
LONG = (
    value("--seed", "N", "random seed; same seed, same answer (default 0)", type=int, default=0),
    value("--deadline-ms", "T", "stop after T milliseconds with the best answer so far",
          type=float),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge inverse`."""
    add_model(parser)
    add_trust(parser)
    state(parser, ASKED, MEASURED, ADJUSTED, LONG)
    add_dialect(parser)
    add_json(parser)
