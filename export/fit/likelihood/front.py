"""A fit of complete rows: by squared errors, or by likelihood where the target holds classes,
counts or positive numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget

from ...progress import Progress, Reporter
from ...quiet import quiet
from ...table import Table
from ...threads import one_thread
from ..data.held_together import folds_of
from ..effort import effort_named
from ..pipeline.pipeline import fit_table
from ..pipeline.result import FitResult
from ..pipeline.screen import screened
from ..pipeline.searches import FOLDS
from ..plant.weighing import weighed
from ..validation.arrangement import Arrangement, arranged_by_columns, inputs_beside
from .candidates import Rows
from .delivered import Found, Target, delivered
from .families import Bernoulli, Gamma, Multinomial, Ordinal, Poisson
from .labels import Asked, exposures, is_text, labelled, labels_of, need_positive, not_of_two
from .search import best_of

Floats = NDArray[np.float64]
FAMILIES = ("auto", "gaussian", "bernoulli", "multinomial", "ordinal", "poisson", "gamma")
LABELLED = ("bernoulli", "multinomial", "ordinal")
NOT_FOR = "a fit with a {family} likelihood takes no {what}; leave it out"
SHAPES = "shape (--increasing, --decreasing, --convex, --concave, --above-zero)"


def fit_by_likelihood(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None = None,
    *,
    family: str = "auto",
    positive: str | None = None,
    threshold: float = 0.5,
    order: Sequence[str] = (),
    exposure: str | None = None,
    **options: Any,
) -> FitResult:
    """Fit `targets` from `inputs` (default: all other columns) of a table; `options` and all that
    is said of numbers: `fit_table`.

    `family` says what is likely: gaussian (numbers, squared errors), bernoulli (two labels),
    multinomial (several), ordinal (`order`: the labels from low to high), poisson (counts, of
    `exposure` each where a column says it) or gamma (positive numbers). auto: labels where the
    column holds text, else gaussian. Outputs of labels are probabilities, with no interval;
    `positive` names the label of two whose probability the model gives, answered from `threshold`
    on. Raises InputError as `fit_table`, and for columns that the family cannot take.

    >>> from sna_export.fit import fit
    >>> from sna_export.table import Table
    >>> rows = {"force": list(range(40)), "part": ["ok"] * 20 + ["nok", "ok"] * 3 + ["nok"] * 14}
    >>> found = fit(Table.of(rows), ["part"])
    >>> found.model.output_names, found.model.classes[0].named(found.model([[3.0], [38.0]]))
    (['part:ok'], ['ok', 'nok'])
    """
    asked = Asked(family, positive, threshold, tuple(order), exposure)
    family = _family(columns, targets, asked)
    if family == "gaussian":
        return fit_table(columns, targets, inputs, **options)
    return _likely(columns, targets, inputs, family, asked, **options)


def _family(columns: Table, targets: Sequence[str], asked: Asked) -> str:
    """That is asked for, or that the column of the target speaks of."""
    if asked.family not in FAMILIES:
        raise InputError(f"family {asked.family!r} is unknown; use one of {', '.join(FAMILIES)}")
    if not 0.0 < asked.threshold < 1.0:
        raise InputError(
            f"threshold {asked.threshold:g} is no probability; give a number between 0 and 1"
        )
    for name in targets:
        columns.index(name)
    family = asked.family
    text = [name for name in targets if is_text(columns, name)]
    if family == "auto" and asked.exposure is not None:
        family = "poisson"
    if family == "auto" and (text or asked.order or asked.positive is not None):
        count = len(labels_of(columns, targets[0]))
        if asked.positive is not None and count != 2:
            raise InputError(not_of_two(targets[0], asked.positive, columns))
        family = "ordinal" if asked.order else "bernoulli" if count == 2 else "multinomial"
    family = "gaussian" if family == "auto" else family
    if family != "gaussian" and len(targets) > 1:
        raise InputError(
            f"{len(targets)} targets with a {family} likelihood; fit one target at a time"
        )
    _need_sense(family, asked)
    return family


def need_measured(
    columns: Table, targets: Sequence[str], options: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    """Options of measured numbers are refused for labels; limits of a gauge for all likelihoods but
    that of squared errors."""
    keys = ("family", "positive", "threshold", "order", "exposure")
    asked = Asked(**{key: options[key] for key in keys if key in options})
    if not any(given.values()):
        return
    family = _family(columns, targets, asked)
    for what, value in given.items():
        if value and (family in LABELLED or (family != "gaussian" and what == "below_detection")):
            _need_plain_options(family, {what: value})


def _need_sense(family: str, asked: Asked) -> None:
    """Options that the family has no use for are refused."""
    for what, given, where in (
        ("exposure", asked.exposure is not None, ("poisson",)),
        ("order of labels (--order)", bool(asked.order), ("ordinal", "bernoulli")),
        ("positive label (--positive)", asked.positive is not None, ("bernoulli",)),
        ("threshold", asked.threshold != 0.5, ("bernoulli",)),
    ):
        if given and family not in where:
            raise InputError(NOT_FOR.format(family=family, what=what))
    if family == "ordinal" and len(asked.order) < 3:
        raise InputError(
            "ordered classes need their order; list three labels or more from low to high"
            " (--order low,middle,high)"
        )


def _likely(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None,
    family: str,
    asked: Asked,
    *,
    categorical: Sequence[str] = (),
    groups: str | None = None,
    time: str | None = None,
    holdout: str | float | None = None,
    link: str = "auto",
    weights: str | None = None,
    domain: Mapping[str, tuple[float, float]] | None = None,
    seed: int = 0,
    effort: str = "normal",
    time_limit: float | None = None,
    stop: Event | None = None,
    plain: bool = False,
    progress: Progress | bool | None = None,
    **others: Any,
) -> FitResult:
    budget = TimeBudget.for_fit(time_limit, stop)
    quick = effort_named(effort).name == "quick"
    _need_plain_options(family, {**others, "link": link != "auto" and link, "holdout": holdout})
    name = targets[0]
    how = Arrangement(groups, time=time)
    weighing, columns, beside = weighed(columns, weights, None)
    columns, target, weight = _target(columns, name, family, asked)
    if asked.exposure is not None:
        beside[asked.exposure] = "is the exposure"
    inputs = inputs_beside(columns, targets, inputs, how, beside)
    samples, notes = columns.samples(targets, inputs, categorical=categorical, domain=domain or {})
    if target.exposure is not None:
        notes = [*notes, f"{name!r} is counted for each unit of {target.exposure!r}: a rate"]
    samples, how = arranged_by_columns(samples, columns, how)
    exposure = weight if target.exposure is not None else np.ones(len(weight))
    samples = replace(samples, y=samples.y / exposure[:, None])
    y = samples.y[:, 0].copy()
    if weighing.weight is not None:
        weight = weight * weighing.weight / weighing.weight.mean()
    if np.all(samples.x == samples.x[0]):
        raise InputError("all rows have the same inputs; a fit needs at least two different ones")
    samples = target.shaped(samples)
    with (
        Reporter(progress, budget.deadline),
        one_thread(),
        quiet(),
    ):
        kept, dropped = screened(samples)
        samples = samples.columns(kept)
        rows = Rows(samples, y, weight, folds_of(samples, FOLDS, seed))
        best, tried, family_found = best_of(target.family, rows, budget, quick=quick)
        if quick:
            notes = [*notes, "quick effort: products of two inputs were not tried"]
        found = Found(target, family_found, rows, best, tried, how, notes, dropped, seed, quick)
        return delivered(found, budget, plain)


def _need_plain_options(family: str, others: Mapping[str, Any]) -> None:
    """Options of `fit_table` that squared errors alone have a use for are refused."""
    for what, given in others.items():
        if given:
            said = SHAPES if what == "shape" else f"--{what.replace('_', '-')}"
            raise InputError(NOT_FOR.format(family=family, what=said))


def _target(columns: Table, name: str, family: str, asked: Asked) -> tuple[Table, Target, Floats]:
    """The table with numbers in the column of the target, what it is, and weights [N]."""
    if family in LABELLED:
        columns, labels = labelled(columns, name, asked)
        if family == "bernoulli" and len(labels) != 2:
            raise InputError(
                f"column {name!r} has {len(labels)} labels; a bernoulli likelihood takes two: use"
                " multinomial, or ordinal with their order"
            )
        made = {
            "bernoulli": Bernoulli(),
            "multinomial": Multinomial(len(labels)),
            "ordinal": Ordinal(),
        }[family]
        return columns, Target(name, made, labels, asked.threshold), np.ones(len(columns))
    if family == "poisson":
        target = Target(name, Poisson(), exposure=asked.exposure)
        return columns, target, exposures(columns, name, asked)
    need_positive(columns, name)
    return columns, Target(name, Gamma()), np.ones(len(columns))
