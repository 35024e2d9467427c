"""How many samples, and what they are: random, Sobol' points or all points of a grid."""

from __future__ import annotations

from collections.abc import Sequence

from sna_edge.errors import InputError

from .drawing import MOST_POINTS, Draw, directions_of, points, random_words

DEFAULT = {"random": 10**6, "sobol": 1 << 20}
MOST_SAMPLES = 1 << 48
MOST_REPLICATES = 100


def number_of(samples: int | None, draws: Sequence[Draw], design: str) -> int:
    """How many samples: as asked, or one for each point of the grid. Raises InputError."""
    if design not in DEFAULT:
        raise InputError(f"{design!r} is no design of a sweep; give random or sobol")
    on_grid = points(draws)
    if on_grid is not None and samples not in (None, on_grid):
        raise InputError(
            f"the grid has {on_grid:,} points, each of them a sample, not {samples:,}; leave"
            " --samples out"
        )
    samples = on_grid or (DEFAULT[design] if samples is None else samples)
    if not 0 < samples <= MOST_SAMPLES:
        raise InputError(f"{samples} samples; give 1 to 2^48")
    return samples


def directions_for(
    design: str, draws: Sequence[Draw], samples: int, replicates: int
) -> tuple[tuple[int, ...], ...]:
    """Direction numbers of Sobol' points, () of other samples. Raises InputError."""
    if design != "sobol":
        if replicates != 1:
            raise InputError(
                f"{replicates} replicates are for Sobol' points; give --design sobol, or leave"
                " --replicates out: random samples have standard errors without them"
            )
        return ()
    if points(draws) is not None:
        raise InputError(
            "inputs on a grid are no Sobol' points; leave --design sobol out, or draw these inputs"
            " from uniform"
        )
    return directions_of(random_words(draws), len(draws), _each(samples, replicates))


def _each(samples: int, replicates: int) -> int:
    """Points of a replicate."""
    if not 1 <= replicates <= MOST_REPLICATES:
        raise InputError(f"{replicates} replicates; give 1 to {MOST_REPLICATES}")
    n, left = divmod(samples, replicates)
    if replicates > 1 and (left or not power_of_two(n)):
        raise InputError(
            f"{samples:,} samples are not {replicates} times a power of two; give --samples"
            f" {replicates * nearest(max(n, 1))}"
        )
    if n > MOST_POINTS:
        raise InputError(f"{n:,} Sobol' points of a replicate; give 2^30 or fewer")
    return n


def power_of_two(n: int) -> bool:
    """Whether n is one: only so many Sobol' points are balanced."""
    return n > 0 and not n & (n - 1)


def nearest(n: int) -> int:
    """The power of two below n, or above it where that is nearer."""
    low = 1 << (n.bit_length() - 1)
    return low if n - low <= 2 * low - n else 2 * low
