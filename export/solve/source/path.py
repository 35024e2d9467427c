"""Where a beam is at every time: straight tracks, one after the other, or any function of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..weak_form.axes import ProblemAxis, time_axis
from ..weak_form.errors import ProblemError

Floats = NDArray[np.float64]
Place = tuple[float, float]
ROUNDED = 1e-9  # of a duration: times that near are one
GRADED = 1.25  # power of the breaks behind a switch, where the surface heats up like a root of time
GROWTH = 1.5  # of spans away from the tracks
MARGIN = 5.0  # spans beyond the tracks that are as fine


@dataclass(frozen=True)
class Track:
    """A straight line from `start` to `end`, m, from time `begin` to `until`, s."""

    start: Place
    end: Place
    begin: float
    until: float


@dataclass(frozen=True)
class Path:
    """Tracks in the order of time; between two of them, before the first and after the last the
    beam is off."""

    tracks: tuple[Track, ...]

    def at(self, t: ArrayLike) -> tuple[Floats, Floats]:
        """x and y at times of any shape; where the beam is off, its next or last place."""
        time = np.asarray(t, dtype=float)
        places = self._numbers(time)
        begin, until = self._times
        share = np.clip((time - begin[places]) / (until - begin)[places], 0.0, 1.0)
        ends = np.array([(k.start, k.end) for k in self.tracks])[places]  # [.., 2, 2]
        found = ends[..., 0, :] + share[..., None] * (ends[..., 1, :] - ends[..., 0, :])
        return found[..., 0], found[..., 1]

    def on(self, t: ArrayLike) -> NDArray[np.bool_]:
        """Whether the beam is on at times of any shape."""
        time = np.asarray(t, dtype=float)
        begin, until = self._times
        places = self._numbers(time)
        return np.asarray((time >= begin[places]) & (time <= until[places]))

    @property
    def _times(self) -> tuple[Floats, Floats]:
        return np.array([k.begin for k in self.tracks]), np.array([k.until for k in self.tracks])

    def _numbers(self, time: Floats) -> NDArray[np.int64]:
        """The track that is scanned, else the next one, else the last."""
        found = np.searchsorted(self._times[1], time, side="left")
        return np.minimum(found, len(self.tracks) - 1)

    @property
    def switches(self) -> Floats:
        """Times at which the beam goes on or off, jumps or turns."""
        times = np.sort(np.concatenate(self._times))
        far = np.diff(times) > ROUNDED * (times[-1] - times[0])
        return np.asarray(times[np.r_[True, far]])

    def time_axis(
        self, name: str = "t", upper: float | None = None, *, spans: int = 60, degree: int = 3
    ) -> ProblemAxis:
        """Time from 0 to `upper`, the end of the path unless given: about `spans` spans, denser
        behind every switch, and there a kink in time. Raises ProblemError where it would be empty.

        >>> from sna_export.solve import polyline
        >>> t = polyline([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], speed=1.0).time_axis(spans=10)
        >>> float(t.basis.upper), t.repeated
        (2.0, {1.0: 3})
        """
        end = float(self.switches[-1]) if upper is None else upper
        inside = [float(s) for s in self.switches if 0.0 < s < end * (1 - ROUNDED)]
        if not end > 0.0:
            raise ProblemError(f"a time axis from 0 to {end:g} is empty; give a later upper end")
        ends = [0.0, *inside, end]
        breaks = [0.0]
        for a, b in pairwise(ends):
            count = max(round(spans * (b - a) / end), 3)
            breaks += list(a + (b - a) * np.linspace(0.0, 1.0, count + 1)[1:-1] ** GRADED) + [b]
        axis = time_axis(name, breaks=breaks, degree=degree)
        return axis.on_breaks(breaks, dict.fromkeys(inside, degree))

    def breaks(self, axis: str, lower: float, upper: float, width: float) -> Floats:
        """Breaks of axis "x" or "y" from `lower` to `upper`: spans of about `width` under the
        tracks and beside them, wider ones further away.

        >>> from sna_export.solve import polyline
        >>> polyline([(0.4, 0.0), (0.6, 0.0)], speed=1.0).breaks("x", 0.0, 1.0, 0.02).size
        33
        """
        column = "xy".index(axis)
        places = [p[column] for k in self.tracks for p in (k.start, k.end)]
        low = max(min(places) - MARGIN * width, lower)
        high = min(max(places) + MARGIN * width, upper)
        fine = np.linspace(low, high, max(round((high - low) / width), 1) + 1)
        return np.r_[_away(lower - low, width)[::-1] + low, fine, _away(upper - high, width) + high]


def _away(distance: float, width: float) -> Floats:
    """Breaks from 0, which is left out, to `distance`, of either sign, in steps that grow."""
    if abs(distance) < 0.01 * width:
        return np.zeros(0)
    steps = [width]
    while sum(steps) < abs(distance):
        steps.append(steps[-1] * GROWTH)
    found = np.cumsum(steps)
    return np.asarray(found * (distance / found[-1]))


@dataclass(frozen=True)
class Moving:
    """A path that is a function of time, t -> (x, y), always on."""

    function: Callable[[Floats], Sequence[ArrayLike]]

    def at(self, t: ArrayLike) -> tuple[Floats, Floats]:
        """x and y at times of any shape. Raises ProblemError where the function gives no two
        coordinates."""
        time = np.asarray(t, dtype=float)
        found = self.function(time)
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise ProblemError("a path as a function of time must return a tuple (x, y)")
        x, y = (np.broadcast_to(np.asarray(c, dtype=float), time.shape) for c in found)
        return x, y

    def on(self, t: ArrayLike) -> NDArray[np.bool_]:
        """True at all times."""
        return np.ones(np.shape(t), dtype=bool)

    @property
    def switches(self) -> Floats:
        """None are known."""
        return np.zeros(0)


def polyline(points: Sequence[Place], speed: float | Sequence[float], begin: float = 0.0) -> Path:
    """From point to point, m, at one speed or one a segment, m/s, from the time `begin`, s. Raises
    ProblemError for fewer than two points and for speeds that are not above 0."""
    if len(points) < 2:
        raise ProblemError("a polyline needs two points or more")
    lines = [(*a, *b) for a, b in pairwise(points)]
    return tracks(lines, speed, begin)


def tracks(
    lines: Sequence[tuple[float, float, float, float]],
    speed: float | Sequence[float],
    begin: float = 0.0,
    pause: float = 0.0,
) -> Path:
    """Lines (x0, y0, x1, y1), m, one after the other at one speed or one a line, m/s; the beam is
    off for `pause`, s, between them. Raises ProblemError for speeds that are not above 0 and for
    lines without length.

    >>> from sna_export.solve import tracks
    >>> path = tracks([(0.0, 0.0, 1.0, 0.0), (1.0, 0.1, 0.0, 0.1)], speed=2.0, pause=0.25)
    >>> [float(c) for c in path.at(1.0)], bool(path.on(0.6))
    ([0.5, 0.1], False)
    """
    speeds = [speed] * len(lines) if isinstance(speed, (int, float)) else list(speed)
    if not lines or len(speeds) != len(lines):
        raise ProblemError(
            f"a path of {len(lines)} lines has {len(speeds)} speeds; give one a line"
        )
    found, now = [], begin
    for (x0, y0, x1, y1), v in zip(lines, speeds, strict=True):
        length = hypot(x1 - x0, y1 - y0)
        if not v > 0.0 or not np.isfinite(v):
            raise ProblemError(
                f"the beam moves at {v:g} m/s on the line from ({x0:g}, {y0:g}); give a speed above"
                " 0, or state a source that rests as a product of functions of x and y"
            )
        if not length > 0.0:
            raise ProblemError(
                f"a line of the path begins and ends at ({x0:g}, {y0:g}); leave it out"
            )
        found.append(Track((x0, y0), (x1, y1), now, now + length / v))
        now = found[-1].until + pause
    return Path(tuple(found))
