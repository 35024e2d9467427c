"""`bad_readings`: tolerances, ends of raw readings, formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import layout
from ...raw_views import Raw, RawReadings
from .. import bound
from ..rules import FrontToBack, need
from .programs import need_golden, need_programs

Array = NDArray[Any]
RULE = "bad_readings"
MOST_RAW, MOST_TERMS, MOST_STEPS, MOST_EXPONENT = 64, 16, 64, 64.0


def readings(raw: Raw) -> RawReadings | None:
    """Section 16; None where it is empty."""
    block, axes = raw.sections["readings"], raw.axes
    if not len(block):
        return None
    parts = FrontToBack(block, RULE, "readings")
    n_raw, n_derived, n_terms, n_golden = parts.take(layout.READINGS, 1)[0].item()
    need(n_raw <= MOST_RAW and n_derived <= len(axes), RULE, "a count is out of range")
    tolerance = parts.take("<f8", len(axes))
    ends = parts.take("<f8", 2 * n_raw).reshape(n_raw, 2)
    derived, terms = parts.take(layout.DERIVED, n_derived), parts.take(layout.TERM, n_terms)
    width = len(axes) + n_raw
    golden = parts.take("<f8", n_golden * width).reshape(n_golden, width)
    expected = parts.take("<f8", n_golden * n_derived * 2).reshape(n_golden, n_derived, 2)
    parts.finish("terms" if not n_golden else "reference readings")
    held = ((tolerance >= 0) & (tolerance < layout.LARGEST)).all()
    need(held, RULE, "a tolerance is out of range")
    fit = all(bound.span_fits(low, high) for low, high in ends.tolist())
    need(fit, RULE, "the ends of a raw reading are out of range")
    _need_derived(derived, axes, n_terms)
    none = axes["kind"] == 2
    none[derived["axis"]] = True
    need(not tolerance[none].any(), RULE, "a tolerance of levels or of a derived input")
    of_program = np.repeat(derived["formula"] == 2, derived["n_terms"])
    _need_terms(derived, terms, of_program)
    need_programs(derived, terms)
    index, of_raw, load = terms["index"].astype(int), terms["kind"] == 1, terms["kind"] <= 1
    good = (index[load] < np.where(of_raw, n_raw, len(none))[load]).all()
    need(good and not none[index[load & ~of_raw]].any(), RULE, "a term takes what is not there")
    need_golden(golden, expected)
    return RawReadings(tolerance, ends, derived, terms, golden, expected)


def _need_derived(derived: Array, axes: Array, n_terms: int) -> None:
    need(not derived["reserved"].any(), RULE, "reserved bytes are not zero")
    place = derived["axis"].astype(int)
    good = (place < len(axes)).all() and (np.diff(place) > 0).all()
    need(good and (axes["kind"][place] == 0).all(), RULE, "a derived input is out of range")
    count, programs = derived["n_terms"].astype(int), derived["formula"] == 2
    most = np.where(programs, MOST_STEPS, MOST_TERMS)
    good = (derived["formula"] <= 2).all() and ((count >= 1) & (count <= most)).all()
    need(good and count.sum() == n_terms, RULE, "an unknown formula or number of terms")
    constant = derived["constant"]
    good = (np.abs(constant) < layout.REACH).all() and (
        constant[derived["formula"] == 0] != 0
    ).all()
    zero = not constant[programs].view("<u8").any()
    need(good and zero, RULE, "the constant of a formula is out of range")


def _need_terms(derived: Array, terms: Array, of_program: Array) -> None:
    """Of products and sums; `of_program` [n_terms]: steps of programs."""
    need(
        not terms["zero"].any()
        and not terms["reserved"].any()
        and (terms["kind"] <= np.where(of_program, 3, 1)).all(),
        RULE,
        "a term has an unknown kind or reserved bytes that are not zero",
    )
    most = np.where(np.repeat(derived["formula"], derived["n_terms"]) == 0, MOST_EXPONENT, np.inf)
    size = np.abs(terms["number"])
    good = ((size > 0) & (size < layout.REACH) & (size <= most))[~of_program].all()
    need(good, RULE, "the number of a term is out of range")
