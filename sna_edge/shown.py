"""A model as a notebook shows it: its name and, as inline SVG, every output along every input
through the middle of the domain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .core.axis import Axis
from .core.evaluation import Evaluation
from .core.inputs import Query
from .core.record import ModelRecord
from .errors import SnaError
from .values.naming import unit_once

Floats = NDArray[np.float64]

INPUTS, OUTPUTS = 12, 3  # drawn at most
CURVE, ACROSS = 49, 6  # places along an input; panels in a line
WIDE, HIGH, LEFT, TOP, LEGS = 132, 74, 46, 8, 40  # pixels of a panel and around it
LETTERS = 21  # of a label
NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
STYLE = (
    "<style>.sna-shown text{font:10px sans-serif;fill:currentColor}"
    ".sna-shown .a{stroke:currentColor;stroke-width:.6;fill:none;opacity:.55}"
    ".sna-shown .l{stroke:#2b7bba;stroke-width:1.6;fill:none}"
    ".sna-shown .b{fill:#2b7bba;opacity:.22}.sna-shown .d{fill:#d55e00}</style>"
)


class Shown(ModelRecord):
    """The small static profile of a model in a notebook."""

    def evaluate(self, query: Query, *, level_index: bool = False) -> Evaluation:
        """Value, status and interval per row."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """HTML without a script: what `repr` says, and the profile where the model can be
        evaluated here."""
        head = f"<div><code>{escape(repr(self))}</code></div>"
        try:
            return NO_XML.sub("", f"{head}{STYLE}{_profile(self)}")
        except SnaError as error:  # a backend that is not installed
            return f"{head}<div>{escape(str(error))}</div>"


def _profile(model: Shown) -> str:
    """The SVG: one panel per output and input, and a line for what is left out."""
    axes, outputs = model.axes[:INPUTS], model.outputs[:OUTPUTS]
    x = np.array([_middle(a) for a in model.axes])
    curves = [(t, _along(model, x, d, t)) for d, t in enumerate(map(_places, axes))]
    lines = -(-len(axes) // ACROSS)
    columns = min(len(axes), ACROSS)
    width, height = columns * (WIDE + 8) + LEFT + 8, len(outputs) * lines * (HIGH + LEGS) + TOP
    parts = []
    for k, (d, axis) in product(range(len(outputs)), enumerate(axes)):
        left = LEFT + (d % columns) * (WIDE + 8)
        top = TOP + (k * lines + d // columns) * (HIGH + LEGS)
        room = _room([e for _, e in curves], k)
        parts.append(f'<g transform="translate({left} {top})">')
        parts += _panel(axis, *curves[d], k, room)
        if d % columns == 0:
            parts += _scale(unit_once(outputs[k].name, outputs[k].unit), room)
        parts.append("</g>")
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    svg = f'<svg class="sna-shown" xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    return f"{svg}<title>{_title(model)}</title>{''.join(parts)}</svg>{_left_out(model)}"


def _title(model: Shown) -> str:
    return escape(f"{', '.join(model.output_names)} along every input")


def _left_out(model: Shown) -> str:
    """What the profile does not show."""
    rest = [
        f"{len(every) - most} more {word}{'s' if len(every) - most > 1 else ''}"
        for every, most, word in (
            (model.axes, INPUTS, "input"),
            (model.outputs, OUTPUTS, "output"),
        )
        if len(every) > most
    ]
    return f"<div><small>{' and '.join(rest)}</small></div>" if rest else ""


def _middle(axis: Axis) -> float:
    if axis.kind == "categorical":
        return float((axis.basis.n_spans - 1) // 2)
    return (axis.lower + axis.upper) / 2


def _places(axis: Axis) -> Floats:
    if axis.kind == "categorical":
        return np.arange(axis.basis.n_spans, dtype=float)
    return np.linspace(axis.lower, axis.upper, CURVE)


def _along(model: Shown, x: Floats, d: int, t: Floats) -> Evaluation:
    points = np.repeat(x[None], len(t), axis=0)
    points[:, d] = t
    return model.evaluate(points, level_index=True)


def _room(found: list[Evaluation], k: int) -> tuple[float, float]:
    """Ends of the scale of output k."""
    values = np.concatenate([v[:, k] for e in found for v in (e.value, e.lower, e.upper)])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or 0.5 * max(abs(low), 1.0)
    return low - margin, high + margin


def _panel(
    axis: Axis, t: Floats, found: Evaluation, k: int, room: tuple[float, float]
) -> Iterator[str]:
    """Frame, curve with its band (dots over levels), ends and name of the input."""
    levels = axis.kind == "categorical"
    low, high = (-0.5, len(t) - 0.5) if levels else (axis.lower, axis.upper)
    px = WIDE * (t - low) / (high - low)
    ys = [_pixels(v[:, k], room) for v in (found.value, found.lower, found.upper)]
    yield f'<path class="a" d="M0 0V{HIGH}H{WIDE}"/>'
    if levels:
        yield from (
            f'<circle class="d" cx="{a:.1f}" cy="{b:.1f}" r="2.5"/>'
            for a, b in zip(px, ys[0], strict=True)
            if np.isfinite(b)
        )
    else:
        if np.isfinite(ys[1]).any():
            band = _path(np.r_[px, px[::-1]], np.r_[ys[2], ys[1][::-1]])
            yield f'<path class="b" d="{band}Z"/>'
        yield f'<path class="l" d="{_path(px, ys[0])}"/>'
    first, last = (axis.level_names[0], axis.level_names[-1]) if levels else (
        f"{axis.lower:.4g}", f"{axis.upper:.4g}"
    )  # fmt: skip
    yield _text(0, HIGH + 12, first, "start", 10)
    if len(t) > 1:
        yield _text(WIDE, HIGH + 12, last, "end", 10)
    yield _text(WIDE / 2, HIGH + 25, unit_once(axis.name, axis.unit), "middle", LETTERS)


def _scale(name: str, room: tuple[float, float]) -> Iterator[str]:
    """Ends of the y axis, and the name of the output upright."""
    digits = next((n for n in (3, 4, 5) if f"{room[0]:.{n}g}" != f"{room[1]:.{n}g}"), 6)
    yield _text(-3, HIGH, f"{room[0]:.{digits}g}", "end", 9)
    yield _text(-3, 8, f"{room[1]:.{digits}g}", "end", 9)
    yield f'<g transform="translate(-34 {HIGH / 2:.0f}) rotate(-90)">'
    yield _text(0, 0, name, "middle", 15)
    yield "</g>"


def _text(x: float, y: float, words: str, anchor: str, most: int) -> str:
    """Words at a place, cut to `most` letters; whole as a tooltip then."""
    shown = words if len(words) <= most else words[: most - 1] + "…"
    whole = f"<title>{escape(words)}</title>" if shown != words else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{whole}{escape(shown)}</text>'


def _pixels(y: Floats, room: tuple[float, float]) -> Floats:
    return np.asarray(HIGH * (1.0 - (y - room[0]) / (room[1] - room[0])))


def _path(x: Floats, y: Floats) -> str:
    good = np.isfinite(y)
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[good], y[good], strict=True))
