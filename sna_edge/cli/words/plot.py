"""Draw a model as a picture: its curves, maps, errors, what matters, what gives a target, what a
setting makes. `sna-edge plot MODEL` alone draws the curves through a typical setting."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from typing import Any

from ...errors import InputError
from ...model import Model
from ...quality.limits import read_limits
from ..arguments import (
    add_at,
    add_json,
    add_model,
    assignments,
    checked_seed,
    input_values,
    output_value,
    share_of,
    split_names,
    writable,
)
from ..console import emit
from ..dialect_options import add_dialect
from ..inverting.advice import limits as limits_given
from ..inverting.advice import scatter as scatter_given
from ..plotting.rows import measured
from ..raw_readings import readable
from ..trusted.options import add_trust, load_model

HELP = "draw curves, maps, residuals, sensitivities and solutions as SVG, PNG or PDF"
WHAT = (
    "profile", "contour", "residuals", "sensitivity", "familiarity", "inverse", "sweep", "atoms",
    "learning",
)  # fmt: skip
BELONGS = {
    "at": ("profile", "contour", "familiarity", "inverse", "sweep"),
    "inputs": ("contour", "residuals", "familiarity", "atoms"),
    "outputs": ("profile", "contour", "residuals", "sensitivity", "sweep", "learning"),
    "table": ("profile", "contour", "residuals", "familiarity"),
    "limits": ("profile", "contour", "inverse", "sweep"),
    "level": ("profile", "contour", "residuals", "inverse"),
    "show": ("contour",),
    "target": ("inverse",),
    "unknown": ("inverse",),
    "count": ("inverse",),
    "scatter": ("sweep",),
    "seed": ("inverse", "sweep"),
}
"""Which pictures an option is for."""
SHOWN = ("value", "width", "probability", "familiarity")
UNKNOWNS, COUNT = 3, 300  # of an inverse question that names none


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge plot`."""
    add_model(parser)
    add_trust(parser)
    parser.add_argument(
        "--what",
        choices=WHAT,
        default="profile",
        metavar="NAME",
        help=f"what to draw: {', '.join(WHAT)} (default: %(default)s)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the picture, .svg, .png or .pdf (default: MODEL-WHAT.svg in this folder)",
    )
    add_at(parser, "the setting; inputs that it leaves out are at a typical place")
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    parser.add_argument(
        "--inputs", **many, metavar="A,B",
        help="inputs to draw, of contour and familiarity two (default: those that change most)",
    )  # fmt: skip
    parser.add_argument("--outputs", **many, metavar="A,B", help="outputs to draw (default: all)")
    parser.add_argument(
        "--table",
        metavar="FILE",
        help="measured rows: for residuals, and as marks in the other pictures",
    )
    parser.add_argument(
        "--limits", **many, metavar="NAME=LO:HI", help="limits of outputs, or a limits file"
    )
    parser.add_argument(
        "--show", choices=SHOWN, default=None, metavar="NAME",
        help=f"with contour: {', '.join(SHOWN)} (default: value)",
    )  # fmt: skip
    parser.add_argument(
        "--target", **many, metavar="NAME=VALUE", help="with inverse: what to reach"
    )
    parser.add_argument(
        "--unknown", **many, metavar="A,B",
        help="with inverse: the inputs to solve for (default: the three that change most)",
    )  # fmt: skip
    parser.add_argument(
        "--count", type=int, metavar="N", help=f"with inverse: solutions (default: {COUNT})"
    )
    parser.add_argument(
        "--scatter", **many, metavar="NAME=S",
        help="with sweep: standard deviations of inputs (default: 1 %% of their domains)",
    )  # fmt: skip
    parser.add_argument("--level", metavar="P", help="level of the intervals, 95%% or 0.95")
    parser.add_argument("--size", metavar="WxH", help="inches, 8x5 (default: what panels need)")
    parser.add_argument(
        "--dpi", type=float, default=150.0, metavar="N",
        help="dots per inch of PNG, and of images inside the others (default: 150)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of drawn numbers")
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Draw one picture; returns the exit code. Raises InputError for options of other pictures."""
    from sna_export import plot
    from sna_export.plot.canvas import checked_size, format_of

    _refuse_foreign(args)
    checked_seed(args.seed)
    stem = os.path.splitext(os.path.basename(args.model))[0]
    path = args.output or f"{stem}-{args.what}.svg"
    format_of(path)
    writable(path, args.table, args.model)
    size = None if args.size is None else checked_size(_size(args.size))
    model = load_model(args, args.backend)
    figure = MAKERS[args.what](args, model, size)
    plot.save(figure, path, dpi=args.dpi)
    drawn = f"{args.what} of {', '.join(split_names(args.outputs) or model.output_names)}"
    emit(args, {"status": "ok", "what": args.what, "output": path}, [f"wrote {path}: {drawn}"])
    return 0


def _refuse_foreign(args: argparse.Namespace) -> None:
    """An option of another picture would be left out without a word."""
    for name, pictures in BELONGS.items():
        if args.what not in pictures and getattr(args, name) not in (None, [], 0):
            raise InputError(
                f"--{name} is nothing of --what {args.what}; it goes with {' or '.join(pictures)}"
            )
    if args.what == "inverse" and not args.target:
        raise InputError("--what inverse needs to know what to reach; add --target NAME=VALUE")
    if args.what == "residuals" and not args.table:
        raise InputError("--what residuals needs measured rows; add --table FILE")


def _size(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"\s*([0-9.]+)\s*[x×]\s*([0-9.]+)\s*", text)
    try:
        return float(found[1]), float(found[2])  # type: ignore[index]
    except (TypeError, ValueError):
        raise InputError(
            f"--size {text!r} is not WIDTHxHEIGHT; write inches with a point and an x, for"
            " example 8x5 or 8.5x5"
        ) from None


def _asked(args: argparse.Namespace, model: Model) -> dict[str, Any]:
    """What the options say, as the functions of `sna_export.plot` take it."""
    return {
        "at": input_values(model, args.at, readable(model)),
        "inputs": split_names(args.inputs) or None,
        "outputs": split_names(args.outputs) or None,
        "rows": measured(args, model),
        "limits": _limits(args.limits, model),
        "level": None if args.level is None else share_of("--level", args.level),
        "scatter": scatter_given(args, model) if args.scatter else None,
        "shown": args.show or "value",
        "seed": args.seed,
    }


def _limits(texts: list[str], model: Model) -> dict[str, tuple[float | None, float | None]] | None:
    """--limits: NAME=LO:HI, or the limits file of a line."""
    if len(texts) == 1 and texts[0].lower().endswith((".toml", ".json")):
        return {o.name: (o.lsl, o.usl) for o in read_limits(texts[0], model).outputs}
    return limits_given(model, texts) if texts else None


def _drawn(name: str, *keys: str) -> Callable[[argparse.Namespace, Model, Any], Any]:
    """A maker that hands those options on."""

    def make(args: argparse.Namespace, model: Model, size: Any) -> Any:
        from sna_export import plot

        asked = _asked(args, model)
        return getattr(plot, name)(model, **{key: asked[key] for key in keys}, size=size)

    return make


def _inverse(args: argparse.Namespace, model: Model, size: Any) -> Any:
    """The level set of --target; all roots where one input is unknown."""
    from sna_export import plot
    from sna_export.plot.asked import chosen_inputs, outputs_of, said, setting

    from ...inverse import level_set, roots

    asked = _asked(args, model)
    texts = assignments(args.target, model.output_names)
    target = {name: output_value(model, name, text) for name, text in texts.items()}
    x = setting(model, asked["at"])
    free = [d for d, a in enumerate(model.axes) if a.name not in asked["at"]]
    names = split_names(args.unknown)
    if names:
        unknown = [model.axis_index(name) for name in names]
    else:
        moving = chosen_inputs(model, None, x, outputs_of(model, list(target)), len(model.axes))
        unknown = sorted([d for d in moving if d in free][:UNKNOWNS])
    given = [n for n in asked["at"] if n in names]
    if given or not unknown:
        raise InputError(
            f"{', '.join(given) or 'every input'} is given by --at; leave an input out of it to"
            " solve for"
        )
    at = said(model, x, unknown)
    worth = {"level": asked["level"], "limits": asked["limits"]}
    sought = [model.input_names[d] for d in unknown]
    if len(unknown) == 1 and len(target) == 1:
        every = roots(model, sought[0], target, at, **worth)
        return plot.inverse(every, model, target, at, size=size)
    count = COUNT if args.count is None else args.count
    found = level_set(model, target, sought, count, at=at, seed=args.seed, **worth)
    return plot.inverse(found, size=size)


MAKERS: dict[str, Callable[[argparse.Namespace, Model, Any], Any]] = {
    "profile": _drawn("profile", "at", "outputs", "rows", "limits", "level"),
    "contour": _drawn("contour", "at", "inputs", "outputs", "shown", "rows", "limits", "level"),
    "residuals": _drawn("residuals", "rows", "outputs", "inputs", "level"),
    "sensitivity": _drawn("sensitivity", "outputs"),
    "familiarity": _drawn("familiarity", "at", "inputs", "rows"),
    "inverse": _inverse,
    "sweep": _drawn("sweep", "at", "outputs", "limits", "scatter", "seed"),
    "atoms": _drawn("atoms", "inputs"),
    "learning": _drawn("learning", "outputs"),
}
