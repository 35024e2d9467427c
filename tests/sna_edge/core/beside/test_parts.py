"""Companions, calibration and readings refuse what a file does not hold, each in one sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sna_edge import InputError, Interval, Output
from sna_edge.core.beside import (
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    Derived,
    LevelPair,
    RawReading,
    Readings,
    Role,
    Signature,
    Term,
)

from ... import beside_models as made

ONE = made.function(made.axes()[:1], [Output("s", link="exp")], 1)
TWO = made.function(made.axes()[:1], [Output("a"), Output("b")], 1)
X = (made.source(0),)
FEATURE, PREDICTION = CoordinateSource.FEATURE, CoordinateSource.PREDICTION


def scale(**changes: Any) -> Companion[Any]:
    fields: dict[str, Any] = {"role": Role.SCALE, "model": ONE, "coordinates": X, "output": 0}
    return Companion(**{**fields, **changes})


def of(outputs: list[Output]) -> Any:
    return ONE.replace(outputs=outputs)


def model(**changes: Any) -> Any:
    """The whole model, without what would be refused first."""
    return made.whole(companions=(), calibration=None, readings=None).replace(**changes)


def residuals(**changes: Any) -> Calibration:
    return made.calibration(n_scores=0, scores=(), least_p=0.0, pairs=(), **changes)


def read(*terms: Term, axis: int = 4, tolerance: Any = (0, 0, 0, 0, 0)) -> Readings:
    return Readings(tolerance, (), (Derived(axis, "sum", terms),) if terms else ())


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "weights without a feature": (lambda: Coordinate(PREDICTION, 0, [1.0]), "only a linear"),
    "feature with an index": (lambda: Coordinate(FEATURE, 1, [1.0]), "features have 0"),
    "weight not finite": (lambda: Coordinate(FEATURE, 0, [math.nan]), "must be finite"),
    "constant not finite": (lambda: Coordinate(FEATURE, 0, [1.0], math.inf), "must be finite"),
    "weight of a scale": (lambda: scale(weight=1.0), "other companions have none"),
    "familiarity without weight": (
        lambda: Companion(Role.FAMILIARITY, of([Output("p")]), X),
        "a number above 0",
    ),
    "familiarity of an output": (
        lambda: Companion(Role.FAMILIARITY, of([Output("p")]), X, 1, 1.0),
        "belongs to no output",
    ),
    "familiarity with a link": (
        lambda: Companion(Role.FAMILIARITY, ONE, X, 0, 1.0),
        "has link identity",
    ),
    "scale with two outputs": (lambda: scale(model=TWO), "has one output, not 2"),
    "scale below 0": (lambda: scale(model=of([Output("s", link="exp", scale=-1.0)])), "above 0"),
    "scale without exp": (lambda: scale(model=of([Output("s")])), "link exp"),
    "interval of a companion": (
        lambda: scale(model=of([Output("s", link="exp", interval=Interval(0.9, 1, 1))])),
        "no interval of its own",
    ),
    "too few coordinates": (lambda: scale(coordinates=()), "needs as many coordinates"),
    "pair in the wrong order": (lambda: LevelPair.of(3, 2, np.ones((2, 3))), "a < b"),
    "pair of other bits": (lambda: LevelPair(0, 1, (3, 3), np.zeros(1, np.uint8)), "one bit"),
    "bits behind a pair": (lambda: LevelPair(0, 1, (1, 3), np.array([8])), "must be 0"),
    "pair that is no table": (lambda: LevelPair.of(0, 1, np.ones(3)), "are a table"),
    "nothing calibrated": (Calibration, "holds nothing"),
    "too few quantiles": (lambda: residuals(quantiles=np.zeros((2, 32))), "need 33 quantiles"),
    "no rows": (lambda: made.calibration(n_residuals=0), "residuals of a number of rows"),
    "falling quantiles": (
        lambda: residuals(quantiles=np.array([made.LOGITS, -made.LOGITS])),
        "never decrease",
    ),
    "huge quantiles": (lambda: residuals(quantiles=np.full((2, 33), 2.0**500)), "below 2^500"),
    "floor below 0": (lambda: residuals(floor=[0.0, -1.0]), "the floor"),
    "floor is not a number": (lambda: residuals(floor=[0.0, math.nan]), "the floor"),
    "correlation above 1": (lambda: residuals(correlation=[1.5]), "correlations lie in"),
    "unknown space": (lambda: residuals(spaces=("output", "log")), "space 'output' or 'link'"),
    "falling scores": (lambda: made.calibration(scores=-made.LOGITS), "never decrease"),
    "scores of no rows": (lambda: made.calibration(n_scores=0), "scores of a number of rows"),
    "least p of 1": (lambda: made.calibration(least_p=1.0), "least_p lies between"),
    "least p without scores": (
        lambda: made.calibration(n_scores=0, scores=(), least_p=0.1),
        "is 0 without",
    ),
    "pair twice": (
        lambda: made.calibration(pairs=[LevelPair.of(2, 3, np.ones((3, 2)))] * 2),
        "increasing order",
    ),
    "raw reading without range": (lambda: RawReading("a", "", 1.0, 1.0), "a range"),
    "raw reading without a name": (lambda: RawReading("", "", 0.0, 1.0), "a name"),
    "term of 0": (lambda: Term(0, 0.0), "not 0"),
    "unknown formula": (lambda: Derived(0, "log", (Term(1, 1.0),)), "product, sum"),
    "no terms": (lambda: Derived(0, "sum", ()), "1 to 16 terms, not 0"),
    "product of 0": (lambda: Derived(0, "product", (Term(1, 1.0),), 0.0), "of a product not 0"),
    "large exponent": (lambda: Derived(0, "product", (Term(1, 65.0),)), "at most 64"),
    "tolerance below 0": (lambda: Readings([-1.0]), "from 0 on"),
    "derived twice": (
        lambda: Readings([0.0], (), (Derived(0, "sum", (Term(1, 1.0),)),) * 2),
        "each once",
    ),
    "short signature": (lambda: Signature(b"s"), "64 bytes"),
    "signature of zeros": (lambda: Signature(bytes(64)), "not all zero"),
    "scale of no output": (lambda: model(companions=[scale(output=2)]), "output 2, which is none"),
    "scale of an output with an interval": (
        lambda: made.with_interval(model()).replace(
            companions=[scale()], calibration=residuals()
        ),
        "has a scale, so its interval",
    ),
    "two scales": (
        lambda: model(companions=[scale(), scale()], calibration=residuals()),
        "at most one scale",
    ),
    "scale without residuals": (lambda: model(companions=[scale()]), "needs the quantiles"),
    "familiarity without scores": (
        lambda: model(companions=made.companions()[1:2], calibration=residuals()),
        "belong together",
    ),
    "scores without familiarity": (
        lambda: model(calibration=made.calibration()),
        "belong together",
    ),
    "another domain": (
        lambda: model(companions=[Companion(Role.BASE, of([Output("b")]), (made.source(4),))]),
        "another domain of input 'density'",
    ),
    "no such input": (
        lambda: model(companions=[Companion(Role.BASE, of([Output("b")]), (made.source(5),))]),
        "input 5, which is none",
    ),
    "no such prediction": (
        lambda: model(companions=[Companion(Role.BASE, ONE, (Coordinate(PREDICTION, 2),))]),
        "output 2, which is none",
    ),
    "feature of other columns": (
        lambda: model(companions=[Companion(Role.BASE, ONE, (Coordinate(FEATURE, 0, [1.0]),))]),
        "needs 8 weights, not 1",
    ),
    "prediction on levels": (
        lambda: model(
            companions=[
                Companion(
                    Role.BASE,
                    made.function(made.axes()[2:3], [Output("b")], 1),
                    (Coordinate(PREDICTION, 0),),
                )
            ]
        ),
        "must be continuous",
    ),
    "too many companions": (
        lambda: model(companions=made.companions()[3:4] * 65),
        "at most 64",
    ),
    "residuals of other outputs": (
        lambda: model(calibration=residuals(
            quantiles=np.zeros((1, 33)), floor=[0.0], correlation=[], spaces=())),
        "residuals of 1 outputs",
    ),
    "interval in another space": (
        lambda: made.with_interval(model()).replace(calibration=residuals(spaces=("link",) * 2)),
        "in one space",
    ),
    "pair without levels": (
        lambda: model(calibration=Calibration(pairs=[LevelPair.of(1, 2, np.ones((1, 3)))])),
        "have no 1 by 3 levels",
    ),
    "too few tolerances": (lambda: model(readings=Readings([0.0])), "as many tolerances"),
    "tolerance of levels": (
        lambda: model(readings=read(tolerance=(0, 0, 1, 0, 0))),
        "so it has no tolerance",
    ),
    "raw reading named like an input": (
        lambda: model(readings=Readings(np.zeros(5), (RawReading("angle", "", 0.0, 1.0),))),
        "must all be different",
    ),
    "derived levels": (
        lambda: model(readings=read(Term(0, 1.0), axis=2)),
        "must be a continuous input",
    ),
    "term of levels": (lambda: model(readings=read(Term(2, 1.0))), "cannot take input 'alloy'"),
    "term of itself": (lambda: model(readings=read(Term(4, 1.0))), "cannot take input 'density'"),
    "term of nothing": (lambda: model(readings=read(Term(0, 1.0, raw=True))), "not there"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_one_sentence(what: str) -> None:
    make, words = REFUSED[what]
    with pytest.raises(InputError, match=re.escape(words)) as found:
        make()
    assert "\n" not in str(found.value) and not str(found.value).endswith(".")


def test_level_pairs_are_bits() -> None:
    rng = np.random.default_rng(5)
    seen = rng.random((5, 7)) < 0.5
    pair = LevelPair.of(1, 4, seen)
    assert np.array_equal(pair.seen, seen) and len(pair.bits) == 5
    i, j = np.divmod(np.arange(35), 7)
    assert np.array_equal(pair.together(i, j), seen.reshape(-1))
    assert pair.bits[0] >> 3 & 1 == seen[0, 3] and pair.bits[1] & 1 == seen[1, 1]


def test_arrays_are_kept_as_copies_that_nobody_writes() -> None:
    quantiles = np.array([made.LOGITS, made.LOGITS])
    told = residuals(quantiles=quantiles)
    quantiles[0, 0] = 9.0
    assert told.quantiles[0, 0] == -8.0
    with pytest.raises(ValueError, match="read-only"):
        told.quantiles[0, 0] = 1.0
