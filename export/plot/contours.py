"""Maps of two inputs: an output, the width of its interval, the probability to be in spec, or how
familiar the inputs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.uncertainty.familiarity import need_familiarity, told

from .asked import (
    Floats,
    Limits,
    Measured,
    chosen_inputs,
    evaluated,
    limits_of,
    moved,
    outputs_of,
    positions,
    setting,
    told_level,
)
from .canvas import (
    INK,
    MAP,
    ORANGE,
    PAPER,
    Size,
    along,
    drawn,
    folded,
    label,
    legend,
    number,
    place,
    remark,
    rug,
    sheet,
    spread,
)

FINE, COARSE = 121, 61  # places along an input: of outputs, of familiarity
LINES = {"familiarity": (0.05,), "probability": (0.05, 0.5, 0.95)}
DOTS = 400  # measured rows drawn at most
SHOWN = ("value", "width", "probability", "familiarity")
NAMES = {"width": "width of the {0:.4g} % interval", "probability": "probability in spec",
         "familiarity": "familiarity p"}  # fmt: skip


@drawn
def contour(
    model: Model,
    inputs: Sequence[str] | None = None,
    at: Mapping[str, object] | None = None,
    *,
    outputs: str | Sequence[str] | None = None,
    shown: str = "value",
    rows: Any = None,
    limits: Limits | None = None,
    level: float | None = None,
    size: Size = None,
) -> Any:
    """A map over two inputs, the others at the setting `at`.

    `inputs`: their names, by default the two along which the outputs move most. `shown`: "value",
    "width" (of the interval), "probability" (that a measurement lies in `limits`, of all limited
    outputs at once) or "familiarity". `limits`: {output: (lower, upper)}, the region outside is
    hatched; inputs that the model calls unfamiliar are crossed out. `rows`: a frame with the
    inputs, drawn as dots. Raises InputError where the model does not tell what is asked for.
    """
    if shown not in SHOWN:
        raise InputError(f"{shown!r} cannot be shown; ask for {', '.join(SHOWN)}")
    table, chosen = Measured.of(model, rows), outputs_of(model, outputs)
    x, ends = setting(model, at, table), limits_of(model, limits)
    pair = chosen_inputs(model, inputs, x, chosen, 2)
    if len(pair) != 2:
        raise InputError(
            f"a contour needs two inputs, not {len(pair)}; "
            + ("this model has one: draw its profile" if len(model.axes) < 2 else "name two")
        )
    if shown == "probability" and not np.isfinite(ends).any():
        raise InputError("the probability in spec needs limits; give those of at least one output")
    maps = [-1] if shown in ("probability", "familiarity") else chosen
    side = min(len(maps), 2)
    figure, grid = sheet(-(-len(maps) // side), side, (4.6, 3.7), size)
    field = Field(model, pair, x, COARSE if shown == "familiarity" else FINE)
    there: set[str] = set()
    for ax, k in zip(grid.ravel(), maps, strict=False):
        levels = LINES.get(shown, 7)
        _map(ax, field, field.shown(shown, k, ends, level), _title(model, k, shown, level), levels)
        there |= _over(ax, field, shown, ends)
        _dots(ax, field, table)
    for ax in grid.ravel()[len(maps) :]:
        ax.remove()
    remark(figure, _others(model, x, pair))
    legend(figure, _entries(there, table))
    return figure


@drawn
def familiarity(
    model: Model,
    inputs: Sequence[str] | None = None,
    at: Mapping[str, object] | None = None,
    *,
    rows: Any = None,
    size: Size = None,
) -> Any:
    """How familiar inputs are, p: a map of two of them, or a curve where one is named or the model
    has one. Raises InputError where the model does not tell."""
    need_familiarity(model)
    if len(model.axes) > 1 and (inputs is None or len(inputs) != 1):
        return contour(model, inputs, at, shown="familiarity", rows=rows, size=size)
    table = Measured.of(model, rows)
    x = setting(model, at, table)
    (d,) = chosen_inputs(model, inputs, x, range(len(model.outputs)), 1)
    figure, grid = sheet(1, 1, (4.6, 3.0), size)
    ax, axis = grid[0, 0], model.axes[d]
    t = positions(axis, 4 * COARSE)
    p = model.familiarity(moved(x, {d: t}), level_index=True).p
    ax.plot(t, p, "o" if axis.kind == "categorical" else "-", label="familiarity")
    ax.axhline(need_familiarity(model).least_p, color=ORANGE, linestyle="--",
               label="unfamiliar below")  # fmt: skip
    along(ax, axis, letters=50, ticks=7)
    ax.set(ylabel="familiarity p", ylim=(0, 1.02))
    rug(ax, axis, table.x[:, d])
    legend(figure, [ax.lines[1]])
    return figure


class Field:
    """Two inputs `pair` of a model through x [D]: `count` places along each, levels by name."""

    def __init__(self, model: Model, pair: Sequence[int], x: Floats, count: int) -> None:
        self.model, self.pair, self.x = model, tuple(pair), x
        self.axes = [model.axes[d] for d in pair]
        self.u, self.v = (positions(a, count) for a in self.axes)
        columns = {pair[0]: np.tile(self.u, len(self.v)), pair[1]: np.repeat(self.v, len(self.u))}
        self.points = moved(x, columns)

    def on_grid(self, values: Floats) -> Floats:
        """[V, U] of values at all points."""
        return values.reshape(len(self.v), len(self.u))

    def shown(self, what: str, k: int, ends: Floats, level: float | None) -> Floats:
        """[V, U] what the map shows, NaN where there is nothing."""
        if what == "familiarity":
            return self.on_grid(self.model.familiarity(self.points, level_index=True).p)
        if what == "probability":
            told = self.model.predictive(self.points, level_index=True)
            return self.on_grid(told.joint_probability(ends[:, 0], ends[:, 1]))
        found = evaluated(self.model, self.points, level)
        if what == "value":
            return self.on_grid(found.value[:, k])
        wide = found.upper[:, k] - found.lower[:, k]
        if not np.isfinite(wide).any():
            raise InputError(
                f"{self.model.outputs[k].name!r} has no interval, so no width; show its value"
            )
        return self.on_grid(wide)

    @property
    def smooth(self) -> bool:
        """Whether neither input has levels."""
        return all(a.kind != "categorical" for a in self.axes)

    def extent(self) -> tuple[float, float, float, float]:
        """Edges of the cells around the places."""
        return (*_edges(self.axes[0], self.u), *_edges(self.axes[1], self.v))


def _edges(axis: Axis, t: Floats) -> tuple[float, float]:
    half = 0.5 if axis.kind == "categorical" else axis.width / (len(t) - 1) / 2
    return t[0] - half, t[-1] + half


def _lines(ax: Any, field: Field, z: Floats, levels: Any) -> None:
    """Lines of equal z, light with a dark edge, and their numbers, dark with a light one."""
    from matplotlib.patheffects import withStroke

    lines = ax.contour(field.u, field.v, z, levels=levels, colors=PAPER, linewidths=0.8)
    lines.set_path_effects([withStroke(linewidth=1.6, foreground=INK)])
    for text in ax.clabel(lines, fontsize=6.5, colors=INK, fmt=lambda v: number(v, 4)):
        text.set_path_effects([withStroke(linewidth=2.0, foreground=PAPER)])


def _map(ax: Any, field: Field, z: Floats, title: str, levels: Any = 7) -> None:
    """Colours, and labelled lines over two continuous inputs."""
    image = ax.imshow(
        z, origin="lower", extent=field.extent(), aspect="auto", cmap=MAP,
        interpolation="bilinear" if field.smooth else "nearest",
    )  # fmt: skip
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=30)
    bar.set_label(folded(title, 44))
    bar.outline.set_visible(False)
    if field.smooth and np.isfinite(z).all() and np.ptp(z) > 1e-12 * np.abs(z).max():
        _lines(ax, field, z, levels)
    elif not field.smooth and z.size <= 60:
        _cells(ax, field, z)
    along(ax, field.axes[0], letters=44, ticks=6)
    along(ax, field.axes[1], upright=True, letters=36, ticks=6)


def _cells(ax: Any, field: Field, z: Floats) -> None:
    """Numbers of a map of levels."""
    middle = (np.nanmin(z) + np.nanmax(z)) / 2
    for (j, i), value in np.ndenumerate(z):
        if np.isfinite(value):
            ax.text(field.u[i], field.v[j], number(value, 3), ha="center", va="center",
                    color=INK if value > middle else PAPER, fontsize=7)  # fmt: skip


def _over(ax: Any, field: Field, shown: str, ends: Floats) -> set[str]:
    """What lies outside the limits, hatched, and what is unfamiliar, crossed out; which of the two
    there is."""
    there = set()
    if np.isfinite(ends).any() and shown != "probability":
        y = evaluated(field.model, field.points, None).value
        beyond = np.maximum(ends[:, 0] - y, y - ends[:, 1])
        size = np.maximum(np.nanmax(np.abs(y), axis=0), 1e-300)
        if _hatched(ax, field, (beyond / size).max(axis=1), 0.0, "///", ORANGE):
            there.add("outside limits")
    if shown != "familiarity" and told(field.model):
        p = field.model.familiarity(field.points, level_index=True).p
        if _hatched(ax, field, need_familiarity(field.model).least_p - p, 0.0, "xx", PAPER):
            there.add("unfamiliar")
    return there


def _hatched(ax: Any, field: Field, z: Floats, above: float, hatch: str, color: str) -> bool:
    """Hatch where z > above, with a line around; whether there is such a place."""
    grid = field.on_grid(z)
    if not (grid > above).any():
        return False
    if field.smooth:
        area = ax.contourf(field.u, field.v, grid, levels=[above, np.nanmax(grid) + 1.0],
                           colors="none", hatches=[hatch])  # fmt: skip
        area.set_edgecolor(color)
        area.set_linewidth(0)
        if (grid <= above).any():
            ax.contour(field.u, field.v, grid, levels=[above], colors=[color], linewidths=1.2,
                       linestyles="-" if color == ORANGE else ":")  # fmt: skip
        return True
    from matplotlib.patches import Rectangle

    wide = [1.0 if a.kind == "categorical" else a.width / (len(t) - 1)
            for a, t in zip(field.axes, (field.u, field.v), strict=True)]  # fmt: skip
    for j, i in np.argwhere(grid > above):
        corner = field.u[i] - wide[0] / 2, field.v[j] - wide[1] / 2
        ax.add_patch(Rectangle(corner, *wide, fill=False, hatch=hatch, ec=color, lw=0))
    return True


def _dots(ax: Any, field: Field, rows: Measured) -> None:
    """Measured rows, those of a level side by side."""
    if not len(rows):
        return
    keep = spread(len(rows), DOTS)
    u, v = (
        rows.x[keep, d] + (_aside(len(keep), d) if a.kind == "categorical" else 0.0)
        for d, a in zip(field.pair, field.axes, strict=True)
    )
    ax.plot(u, v, "o", ms=2.8, mfc=PAPER, mec=INK, mew=0.6, linestyle="", clip_on=False,
            label="measured rows")  # fmt: skip


def _aside(count: int, seed: int) -> Floats:
    return 0.6 * (np.random.default_rng([977, seed]).uniform(size=count) - 0.5)


def _title(model: Model, k: int, shown: str, level: float | None) -> str:
    if shown == "value":
        return label(model.outputs[k])
    words = NAMES[shown].format(100 * told_level(model, k, level))
    unit = f" [{model.outputs[k].unit}]" if shown == "width" and model.outputs[k].unit else ""
    of = f" of {model.outputs[k].name}" if shown == "width" and len(model.outputs) > 1 else ""
    return words + of + unit


def _others(model: Model, x: Floats, pair: Sequence[int]) -> list[str]:
    """Where the other inputs stand."""
    parts = [f"{a.name} {place(a, x[d])}" for d, a in enumerate(model.axes) if d not in pair]
    return [f"{'' if i else 'at '}{p}{', ' if p != parts[-1] else ''}" for i, p in enumerate(parts)]


def _entries(there: set[str], rows: Measured) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Any] = []
    if "outside limits" in there:
        found.append(Patch(fc="none", ec=ORANGE, hatch="///", label="outside limits"))
    if "unfamiliar" in there:
        found.append(Patch(fc="#7c7b78", ec=PAPER, hatch="xx", label="unfamiliar"))
    if len(rows):
        found.append(Line2D([], [], marker="o", ms=3, mfc=PAPER, mec=INK, linestyle="",
                            label="measured rows"))  # fmt: skip
    return found
