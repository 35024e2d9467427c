"""One plot as inline SVG: axes with ticks, then marks; colours are the page's CSS classes
(page.STYLE)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import ticks

Floats = NDArray[np.float64]
LETTER, BOLD = 6.4, 7.4  # widths in pixels, about
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 30, 44  # pixels around the data


class Plot:
    """A rectangle of data coordinates x in [x0, x1], y in [y0, y1]; marks are drawn in the order
    they are added.

    `s` is the number of a series colour, 0..5, or 6 for that of text. Points that are not finite,
    or not positive on a log axis, are left out.

    >>> plot = Plot((0, 10), (0, 1), title="Depth", xlabel="speed [mm/s]")
    >>> svg = plot.line([0, 5, 10], [0.1, 0.9, 0.4], name="model").dots([5], [0.8], 1).render()
    >>> svg.startswith("<svg"), svg.count("<path class=\\"l s0\\"")
    (True, 1)
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        title: str = "",
        xlabel: str = "",
        ylabel: str = "",
        width: int = 360,
        height: int = 270,
        log: str = "",
    ) -> None:
        self.log = log
        self.x, self.y = _room(x, "x" in log), _room(y, "y" in log)
        self.width, self.height = width, height
        self.title, self.xlabel, self.ylabel = title, xlabel, ylabel
        self.marks: list[str] = []
        self.names: list[tuple[str, str]] = []
        self.levels: list[str] | None = None
        self.rows: list[str] | None = None
        self.slanted, self.bottom = False, BOTTOM

    def px(self, x: ArrayLike) -> Floats:
        """Pixels of data x."""
        return LEFT + _share(x, self.x, "x" in self.log) * (self.width - LEFT - RIGHT)

    def py(self, y: ArrayLike) -> Floats:
        """Pixels of data y."""
        return (
            self.height
            - self.bottom
            - _share(y, self.y, "y" in self.log) * (self.height - TOP - self.bottom)
        )

    def line(
        self,
        x: ArrayLike,
        y: ArrayLike,
        s: int = 0,
        *,
        name: str = "",
        dashed: bool = False,
        width: float = 1.8,
    ) -> Plot:
        """A curve through the points, of `width` pixels."""
        style = "" if width == 1.8 else f' style="stroke-width:{width:g}"'
        self.marks.append(
            f'<path class="l s{s}{" dash" if dashed else ""}"{style} d="{self._path(x, y)}"/>'
        )
        return self._named(f"k s{s}", name)

    def band(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, s: int = 0, *, name: str = ""
    ) -> Plot:
        """The area between two curves."""
        x, low, high = (np.asarray(v, dtype=float) for v in (x, low, high))
        path = self._path(np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]]))
        self.marks.append(f'<path class="b s{s}" d="{path}Z"/>')
        return self._named(f"k b s{s}", name)

    def dots(
        self, x: ArrayLike, y: ArrayLike, s: int = 0, *, name: str = "", radius: float = 2.0
    ) -> Plot:
        """One round mark per point, as a single path of zero-length strokes."""
        px, py = self._pixels(x, y)
        path = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(px, py, strict=True))
        self.marks.append(f'<path class="d s{s}" stroke-width="{2 * radius:g}" d="{path}"/>')
        return self._named(f"k s{s}", name)

    def bars(
        self, x: ArrayLike, height: ArrayLike, width: float, s: int = 0, *, name: str = ""
    ) -> Plot:
        """Bars from the lower edge, centred at `x`, `width` in data units."""
        floor, x = float(self.py(self.y[0])), np.asarray(x, dtype=float)
        for a, b, top in zip(
            self.px(x - width / 2), self.px(x + width / 2), self.py(height), strict=True
        ):
            if floor > top:
                self.marks.append(
                    f'<rect class="f s{s}" {_box(a, top, max(b - a, 1), floor - top)}/>'
                )
        return self._named(f"k s{s}", name)

    def cells(
        self,
        x: ArrayLike,
        y: ArrayLike,
        filled: ArrayLike,
        s: int = 0,
        *,
        shade: float,
        name: str = "",
    ) -> Plot:
        """Those cells of the grid between edges x [I + 1] and y [J + 1] that are `filled` [I, J],
        as one shape of opacity `shade`."""
        px, py, path = self.px(x), self.py(y), []
        for j, row in enumerate(np.asarray(filled, dtype=bool).T):
            ends = np.flatnonzero(np.diff(row, prepend=False, append=False))
            for a, b in zip(ends[::2], ends[1::2], strict=True):
                path.append(f"M{px[a]:.1f} {py[j]:.1f}H{px[b]:.1f}V{py[j + 1]:.1f}H{px[a]:.1f}Z")
        if path:
            self.marks.append(f'<path class="c s{s}" opacity="{shade:g}" d="{"".join(path)}"/>')
        return self._named(f"k s{s}", name)

    def text(
        self, x: float, y: float, words: str, *, anchor: str = "middle", dy: float = -5
    ) -> Plot:
        """Words at a point of the data, `dy` pixels below it."""
        self.marks.append(_words(escape(words), float(self.px(x)), float(self.py(y)) + dy, anchor))
        return self

    def categories(self, names: Sequence[str]) -> Plot:
        """Names at x = 0, 1, 2 .. instead of numbers."""
        self.levels = list(names)
        room = (self.width - LEFT - RIGHT) * (1 / max(self.x[1] - self.x[0], 1e-300))
        if LETTER * max(map(len, self.levels), default=0) > room:
            self.slanted = True
            self.bottom = BOTTOM + min(int(3.2 * max(map(len, self.levels))), 80)
            self.height += self.bottom - BOTTOM
        return self

    def row_names(self, names: Sequence[str]) -> Plot:
        """Names at y = 0, 1, 2 .. instead of numbers."""
        self.rows = list(names)
        return self

    def _heights(self) -> list[tuple[float, str]]:
        """Places of the y axis and what is written there."""
        if self.rows is not None:
            return [(float(i), escape(name)) for i, name in enumerate(self.rows)]
        return [(v, ticks.label(v)) for v in _ticks(self.y, "y" in self.log)]

    def named(self, name: str, s: int = 0) -> Plot:
        """An entry of the legend alone."""
        return self._named(f"k s{s}", name)

    def _named(self, mark: str, name: str) -> Plot:
        if name:
            self.names.append((mark, name))
        return self

    def _pixels(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        with np.errstate(invalid="ignore", divide="ignore"):
            px, py = np.broadcast_arrays(self.px(x), self.py(y))
        good = np.isfinite(px) & np.isfinite(py)
        return px[good], py[good]

    def _path(self, x: ArrayLike, y: ArrayLike) -> str:
        pixels = zip(*self._pixels(x, y), strict=True)
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in pixels)

    def render(self, style: str = "") -> str:
        """The <svg> element; `style` makes it stand alone as a file."""
        left, right = self._beyond()
        w, h = self.width + left + right, self.height
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="{-left} 0 {w} {h}"'
            f' width="{w}" height="{h}" role="img">'
        )
        described = f"<title>{escape(self.title or self.ylabel)}</title>"
        return "".join(
            [head, described, style, *self._frame(), *self.marks, *self._legend(), "</svg>"]
        )

    def _beyond(self) -> tuple[int, int]:
        """Pixels that labels need left and right of the plot, so that none is cut."""
        widest = max((_shown(words) for _, words in self._heights()), default=0)
        left, right = LETTER * widest - (LEFT - 26), 0.0
        head = LEFT + BOLD * len(self.title) + LETTER + self._legend_width()
        right = max(right, head - (self.width - RIGHT))
        half, middle = LETTER * len(self.xlabel) / 2, (LEFT + self.width - RIGHT) / 2
        left, right = max(left, half - middle), max(right, half - (self.width - middle))
        if self.levels is None:
            last = [
                (float(self.px(v)), LETTER * _shown(ticks.label(v)) / 2)
                for v in _ticks(self.x, "x" in self.log)
            ]
            right = max([right, *(x + size - self.width for x, size in last)])
        return max(0, ceil(left)), max(0, ceil(right))

    def _frame(self) -> list[str]:
        w, h = self.width, self.height
        out = (
            [f'<text class="h" x="{LEFT}" y="18">{escape(self.title)}</text>'] if self.title else []
        )
        for value, words in self._heights():
            y = float(self.py(value))
            out.append(
                f'<path class="g" d="M{LEFT}'
                f' {y:.1f}H{w - RIGHT}"/>{_words(words, LEFT - 6, y + 4, "end")}'
            )
        out += self._places(h - self.bottom + 16)
        out.append(f'<path class="a" d="M{LEFT} {h - self.bottom}H{w - RIGHT}"/>')
        out.append(_words(escape(self.xlabel), (LEFT + w - RIGHT) / 2, h - 8))
        middle = (TOP + h - self.bottom) / 2
        place = 12 - self._beyond()[0]
        out.append(
            f'<text class="t" transform="translate({place} {middle}) rotate(-90)"'
            f' text-anchor="middle">{escape(self.ylabel)}</text>'
        )
        return out

    def _places(self, y: float) -> list[str]:
        """Numbers or names under the x axis; long names are slanted."""
        if self.levels is None:
            return [
                _words(ticks.label(v), float(self.px(v)), y)
                for v in _ticks(self.x, "x" in self.log)
            ]
        if not self.slanted:
            return [
                _words(escape(name), float(self.px(i)), y) for i, name in enumerate(self.levels)
            ]
        turned = (
            '<text class="t" transform="translate({:.1f} {:.1f}) rotate(-32)"'
            ' text-anchor="end">{}</text>'
        )
        return [
            turned.format(float(self.px(i)) + 6, y - 4, escape(name))
            for i, name in enumerate(self.levels)
        ]

    def _legend_width(self) -> float:
        return sum(LETTER * len(name) + 28 for _, name in self.names)

    def _legend(self) -> list[str]:
        out, x = [], float(self.width - RIGHT + self._beyond()[1])
        for mark, name in reversed(self.names):
            x -= LETTER * len(name) + 28
            out.append(
                f'<rect class="{mark}" {_box(x, 10, 10, 10)}'
                f' rx="2"/>{_words(escape(name), x + 14, 19, "start")}'
            )
        return out


def _shown(markup: str) -> int:
    """Letters of a label without its markup."""
    return len(unescape(re.sub("<[^>]*>", "", markup)))


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'


def _words(markup: str, x: float, y: float, anchor: str = "middle") -> str:
    return f'<text class="t" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{markup}</text>'


def _room(ends: tuple[float, float], log: bool) -> tuple[float, float]:
    """Ends that differ."""
    low, high = float(ends[0]), float(ends[1])
    if log:
        low = max(low, 1e-300)
        return (low, high) if high > low else (low / 2, low * 2)
    return (
        (low, high)
        if high > low
        else (low - 0.5 * max(abs(low), 1.0), low + 0.5 * max(abs(low), 1.0))
    )


def _share(value: ArrayLike, ends: tuple[float, float], log: bool) -> Floats:
    """Position inside the ends, 0..1."""
    value = np.asarray(value, dtype=float)
    if log:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(
                (np.log10(value) - np.log10(ends[0])) / (np.log10(ends[1]) - np.log10(ends[0]))
            )
    return np.asarray((value - ends[0]) / (ends[1] - ends[0]))


def _ticks(ends: tuple[float, float], log: bool) -> list[float]:
    return ticks.decades(*ends) if log else ticks.linear(*ends)


def ends(*arrays: ArrayLike, margin: float = 0.04) -> tuple[float, float]:
    """Smallest and largest finite number of all arrays, with a margin."""
    values = np.concatenate([np.asarray(a, dtype=float).ravel() for a in arrays])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return low - margin * (high - low), high + margin * (high - low)
