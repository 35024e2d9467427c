"""Numbers that every target carries: float32 holds 1e-38 .. 3e38, and slopes, squares and products
of a model need room on both sides."""

from __future__ import annotations

from math import isfinite

from ..errors import InputError

LARGEST, SMALLEST = 1e30, 1e-30
FLAT = 1e-13  # least spread over the largest number: float64 itself holds 2e-16
CONSTANT = 1e-12  # of its magnitude: an output that moves less is constant up to rounding
LEAST_DOUBLE = 1e-305  # its reciprocal times the most spans is finite
STEEPEST = 1e32  # of the slopes spread of y / width of x, either way


def need_magnitude(what: str, low: float, high: float) -> None:
    """Raise InputError for a range that targets cannot carry; `what` names it. One number (low =
    high) has no spread to judge."""
    largest, spread = max(abs(low), abs(high)), high - low
    if not largest <= LARGEST:
        raise InputError(
            f"{what} reaches {largest:g}, beyond {LARGEST:g}: float32 devices cannot carry it; give"
            " it in a larger unit"
        )
    if 0.0 < spread < SMALLEST or 0.0 < largest < SMALLEST:
        small = spread if spread > 0.0 else largest
        raise InputError(
            f"{what} spans {small:g} only, below {SMALLEST:g}: float32 devices cannot carry it;"
            " give it in a smaller unit"
        )
    if 0.0 < spread < FLAT * largest:
        near = f"{what} spans {spread:g} around {largest:g}, {spread / largest:.1g} of it"
        raise InputError(
            f"{near}: double precision hardly tells its values apart; subtract an offset before"
            " recording them"
        )


def need_double(what: str, low: float, high: float) -> None:
    """Raise InputError for a range that double precision cannot divide by, or that is not finite;
    one number (low = high) may be any."""
    spread = high - low
    if not isfinite(spread) or not isfinite(low):
        raise InputError(
            f"{what} runs from {low:g} to {high:g}, too far for double precision; give it in a"
            " larger unit"
        )
    if 0.0 < spread < LEAST_DOUBLE:
        raise InputError(
            f"{what} spans {spread:g} only, too little for double precision; give it in a smaller"
            " unit"
        )


def need_slopes(inputs: dict[str, float], outputs: dict[str, float]) -> None:
    """Raise InputError where an output changes by more, or less, per unit of an input than float32
    holds; names and spreads above 0."""
    for name, width in inputs.items():
        for output, spread in outputs.items():
            if not 1.0 / STEEPEST <= spread / width <= STEEPEST:
                slope = f"output {output!r} spans {spread:g} over {width:g} of input {name!r}"
                raise InputError(
                    f"{slope}: float32 devices cannot carry the slope; give one of them in another"
                    " unit"
                )
