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
    assignments,
    checked_seed,
    input_values,
    output_value,
    share_of,
    split_names,
    writable,
)
from ..console import emit
from ..inverting.advice import limits as limits_given
from ..inverting.advice import scatter as scatter_given
from ..options.stated import refuse_foreign
from ..plotting.options import COUNT, DRAWN, SEED, UNKNOWNS, configure
from ..plotting.rows import measured
from ..raw_readings import readable
from ..trusted.options import load_model

__all__ = ["HELP", "configure", "run"]

HELP = "draw curves, maps, residuals, sensitivities and solutions as SVG, PNG or PDF"


def run(args: argparse.Namespace) -> int:
    """Draw one picture; returns the exit code. Raises InputError for options of other pictures."""
    from sna_export import plot
    from sna_export.plot.canvas import checked_size, format_of

    _need_asked(args)
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


def _need_asked(args: argparse.Namespace) -> None:
    """What a picture cannot be drawn without; an option of another picture is refused."""
    refuse_foreign(args, "what", DRAWN, SEED)
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
