"""What all figures share: matplotlib at the first use, one style, labels, files."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from io import BytesIO
from math import ceil
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.output import Output
from sna_edge.durable import write_whole
from sna_edge.errors import BackendError, InputError
from sna_edge.values.naming import unit_once

Floats = NDArray[np.float64]
Size = tuple[float, float] | None

INK, SOFT, PAPER = "#1c2430", "#5d6b7c", "#ffffff"
BLUE, ORANGE, GREEN, SKY, PURPLE, YELLOW = (
    "#0b4f8a", "#d55e00", "#009e73", "#6db6e8", "#a0417f", "#c9a400",
)  # fmt: skip
SERIES = (BLUE, ORANGE, SKY, PURPLE, GREEN, YELLOW)
"""Told apart with any colour vision; neighbours differ in lightness, and by their dashes."""
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MAP = "cividis"
FORMATS = ("svg", "png", "pdf")
MOST_INCHES, MOST_DPI, MOST_PIXELS = 60.0, 1200, 200_000_000
NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
ACROSS = 5  # panels in a line, at most
LINES = 4  # of a label, at most
LETTERS = 17  # of a legend, on an inch
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 8.0, "axes.titlesize": 8.0,
    "axes.labelsize": 8.0, "legend.fontsize": 7.0, "xtick.labelsize": 7.0, "ytick.labelsize": 7.0,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": SOFT,
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": SOFT, "ytick.color": SOFT,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.linewidth": 0.7,
    "grid.color": "#d9dfe7", "grid.linewidth": 0.6, "lines.linewidth": 1.4,
    "legend.frameon": False, "hatch.linewidth": 0.5, "axes.axisbelow": True,
    "contour.negative_linestyle": "solid",
    "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "svg.fonttype": "none",
    "svg.hashsalt": "sna-edge", "pdf.fonttype": 42, "axes.formatter.useoffset": False,
    "axes.unicode_minus": True, "text.usetex": False, "text.parse_math": False,
}  # fmt: skip
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
FONT, FALLING_BACK = b"'DejaVu Sans'", b"'DejaVu Sans', Verdana, sans-serif"
"""Letters stay letters in an SVG; the fonts that replace a missing one are no wider."""
Drawn = TypeVar("Drawn", bound=Callable[..., Any])


@contextmanager
def style() -> Iterator[None]:
    """Inside, the style of all figures. Raises BackendError without matplotlib."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        raise BackendError(
            "plots need matplotlib, which is not installed; run pip install 'sna-edge[plot]'"
        ) from None
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE, "backend": mpl.rcParams["backend"]}):
        yield


def drawn(function: Drawn) -> Drawn:
    """`function` in the style of all figures."""

    @wraps(function)
    def styled(*args: Any, **options: Any) -> Any:
        with style():
            return function(*args, **options)

    return styled  # type: ignore[return-value]


def sheet(rows: int, columns: int, panel: tuple[float, float], size: Size) -> tuple[Any, Any]:
    """A figure and its axes [rows, columns], of `panel` inches each or `size` in all."""
    from .picture import Picture

    if size is not None:
        checked_size(size)
    figure = Picture(figsize=size or (panel[0] * columns, panel[1] * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def panels(count: int, panel: tuple[float, float], size: Size) -> tuple[Any, list[Any]]:
    """A figure and `count` axes in lines of nearly equal length, of at most ACROSS."""
    lines = ceil(count / ACROSS)
    columns = ceil(count / lines)
    figure, axes = sheet(lines, columns, panel, size)
    every = list(axes.ravel())
    for unused in every[count:]:
        unused.remove()
    return figure, every[:count]


def checked_size(size: tuple[float, float]) -> tuple[float, float]:
    """Width and height in inches. Raises InputError for what no picture has."""
    if not all(0.5 <= v <= MOST_INCHES for v in size):
        raise InputError(
            f"size {size[0]:g} x {size[1]:g} is no size of a picture; give inches between 0.5 and"
            f" {MOST_INCHES:g}"
        )
    return size


def format_of(path: str | os.PathLike[str]) -> str:
    """svg, png or pdf, by the end of the name. Raises InputError for others."""
    end = os.path.splitext(os.fspath(path))[1].lower().lstrip(".")
    if end not in FORMATS:
        raise InputError(
            f"{os.fspath(path)} does not end with .svg, .png or .pdf; name the picture so"
        )
    return end


def save(figure: Any, path: str | os.PathLike[str], *, dpi: float = 150.0) -> None:
    """Write `figure` to `path` (.svg, .png or .pdf), the same bytes for the same figure; all of it
    or nothing. Raises InputError for other ends and a `dpi` that no picture has."""
    kind = format_of(path)
    if not 10 <= dpi <= MOST_DPI:
        raise InputError(f"{dpi:g} dots per inch are none of a picture; give 10 to {MOST_DPI}")
    _need_pixels(figure, kind, dpi)
    target = BytesIO()
    with style(), _plain_warnings(kind):
        figure.savefig(target, format=kind, dpi=dpi, metadata=UNDATED[kind])
    data = target.getvalue()
    write_whole(path, _lighter(data) if kind == "svg" else data)


def _need_pixels(figure: Any, kind: str, dpi: float) -> None:
    """Raises InputError where a PNG would fill the memory."""
    wide, high = (int(v * dpi) for v in figure.get_size_inches())
    if kind == "png" and wide * high > MOST_PIXELS:
        raise InputError(
            f"a picture of {wide} x {high} dots has too many; give fewer dots per inch or a smaller"
            " size, or name it .svg or .pdf"
        )


@contextmanager
def _plain_warnings(kind: str) -> Iterator[None]:
    """Inside, letters that the font lacks are one sentence, and none of an SVG, whose readers have
    other fonts."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
    for one in found:
        if not str(one.message).startswith("Glyph "):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if kind != "svg" and any(str(one.message).startswith("Glyph ") for one in found):
        warnings.warn(
            "some letters are not in the font of the picture and stand as boxes; name it .svg, then"
            " the fonts of who reads it show them",
            stacklevel=4,
        )


def _lighter(svg: bytes) -> bytes:
    """The same without characters that no XML has, with two decimals in paths, a hundredth of a
    point, and fonts that replace a missing one."""
    svg = NO_XML.sub(b"", svg)
    short = re.compile(rb"(\.\d\d)\d+")
    shortened = re.sub(rb' d="[^"]*"', lambda m: short.sub(rb"\1", m[0]), svg)
    return shortened.replace(FONT, FALLING_BACK)


def label(quantity: Axis | Output) -> str:
    """Name and unit of an input or output, the unit once: 'age_day' of unit day stays so."""
    return unit_once(quantity.name, quantity.unit)


def folded(text: str, most: int) -> str:
    """`text` on lines of about `most` letters, broken between words; of a name
    that would fill the panel LINES of them."""
    words = re.findall(r"[^\s_\-]+[\s_\-]*|[\s_\-]+", text)
    lines = [""]
    for word in words:
        if lines[-1] and len((lines[-1] + word).rstrip()) > most:
            lines.append("")
        lines[-1] += word
    cut = [line[i : i + 2 * most] for line in lines for i in range(0, len(line), 2 * most)]
    kept = cut if len(cut) <= LINES else [*cut[: LINES - 1], f"{cut[LINES - 1][: most - 1]}…"]
    return "\n".join(line.strip() for line in kept)


def number(value: float, digits: int = 4) -> str:
    """Short text of a number: '0.25', '1500', '1.2e-06'."""
    return f"{value:.{digits}g}"


def place(axis: Axis, x: float) -> str:
    """The name of a level, or the number."""
    return axis.level_names[round(x)] if axis.kind == "categorical" else number(x)


def along(ax: Any, axis: Axis, *, upright: bool = False, letters: int = 24, ticks: int = 4) -> None:
    """Label, ends and ticks of one input on the x axis of `ax` (`upright`: on its y axis)."""
    of = ax.yaxis if upright else ax.xaxis
    limits = ax.set_ylim if upright else ax.set_xlim
    of.set_label_text(folded(label(axis), letters))
    if axis.kind != "categorical":
        from matplotlib.ticker import MaxNLocator

        limits(axis.lower, axis.upper)
        of.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
        return
    names = [folded(n, 12) for n in axis.level_names]
    lines = max(n.count("\n") + 1 for n in names)
    every = max(1, ceil(len(names) * lines / max(1, letters * 3 // 5))) if len(names) > 8 else 1
    limits(-0.5, len(names) - 0.5)
    of.set_ticks(range(0, len(names), every), names[::every])
    if not upright and sum(len(n) + 2 for n in names) > letters:
        of.set_tick_params(rotation=45 if len(names) < 9 else 90)


def spread(count: int, most: int) -> NDArray[np.int64]:
    """At most `most` of the rows 0 .. count - 1, evenly."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.int64))


def rug(ax: Any, axis: Axis, x: Floats) -> None:
    """Ticks at the values x [N] of an input, at the foot of its panel: one per 1/200 of it."""
    x = x[np.isfinite(x)]
    bins = np.rint(200 * (x - axis.lower) / max(axis.width, 1e-300))
    shown = x[np.unique(bins, return_index=True)[1]]
    ticks = np.stack([shown, shown, np.full(len(shown), np.nan)], axis=1).ravel()
    heights = np.tile([0.0, 0.045, np.nan], len(shown))
    ax.plot(ticks, heights, transform=ax.get_xaxis_transform(), color=INK, linewidth=0.5,
            label="_rug")  # fmt: skip


def legend(figure: Any, handles: Sequence[Any]) -> None:
    """One legend above all panels, in as many lines as it needs; none without entries."""
    if not handles:
        return
    letters = max(len(h.get_label()) for h in handles) + 9
    columns = max(1, min(len(handles), int(figure.get_figwidth() * LETTERS // letters)))
    figure.legend(handles=list(handles), loc="outside upper right", ncols=columns)


def remark(figure: Any, parts: Sequence[str]) -> None:
    """Small words below all panels, with line breaks between parts where the figure ends."""
    most, lines = int(figure.get_figwidth() * LETTERS) - 4, [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > most:
            lines.append("")
        lines[-1] += part
    if parts:
        words = "\n".join(line.strip() for line in lines)
        figure.supxlabel(words, fontsize=7, color=SOFT, x=0.02, ha="left")
