"""Agreement of what a graph gives beside the values with float64, and the tolerances it must
meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import make
from sna_edge.core.beside import Role
from sna_edge.core.float32 import input_offsets
from sna_edge.errors import BackendError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points
from sna_edge.uncertainty.companions import sigma
from sna_edge.uncertainty.familiarity import score, share_of

from .agreement import in_blocks
from .build import FORWARD
from .extras import FAMILIARITY, Extras, scaled

Floats = NDArray[np.float64]
Run = Callable[[str, Floats], list[NDArray[np.float32]]]
END = 1e-5
"""Error of an end, or of a scale, over max(1, kappa) * its own range and that of the value."""
SCORE = 4e-6
"""Relative error of a density, over its axes: the familiarity score may be off by as much."""
ROUNDED = 2e-6
"""Of a share, for the logistic function of a runtime."""


@dataclass(frozen=True)
class BesideAgreement:
    """Largest errors: of ends and scales over their range, of familiarity p in itself."""

    ends: float
    p: float


def compare_beside(
    model: Model, extras: Extras, run: Run, batch: int | None, samples: int
) -> BesideAgreement:
    """The forward graph's further outputs on golden vectors and `samples` points of the domain.
    Raises BackendError beyond the tolerance."""
    stored = as_stored(model)
    golden, scale = make(stored)
    x = np.vstack([golden.inputs, domain_points(stored.axes, samples)])
    got = in_blocks(run, FORWARD, x, batch or len(x))[len(stored.outputs) :]
    found = dict(zip(extras.names(stored), got, strict=True))
    y = stored.backend.value(x)
    kappa = np.maximum(1.0, scale.kappa)
    worst, p = 0.0, 0.0
    for k, name, want in _ends(stored, extras, x, y):
        room = max(np.ptp(want), np.ptp(y[:, k]), np.abs(want).max() * 2.0**-8)
        error = np.nan_to_num(np.abs(found[name] - want), nan=np.inf).max()
        worst = max(worst, float(error / room))
        if error > END * kappa[k] * room:
            raise _differs(name, f"{error / room:.2g} of its range", f"{END * kappa[k]:.2g}")
    if FAMILIARITY in extras.kinds:
        p = _familiarity(stored, x, y, found[FAMILIARITY])
    return BesideAgreement(worst, p)


def _ends(model: Model, extras: Extras, x: Floats, y: Floats) -> list[tuple[int, str, Floats]]:
    """Output, name and float64 answer [N] of everything in output units."""
    found = []
    if "interval" in extras.kinds:
        answer = model.evaluate(x, level_index=True, level=extras.level)
        for k, o in enumerate(model.outputs):
            found.append((k, f"{o.name}_lower", answer.lower[:, k]))
            found.append((k, f"{o.name}_upper", answer.upper[:, k]))
    if "scale" in extras.kinds:
        wide = sigma(model, x, y)
        found += [(k, f"{model.outputs[k].name}_scale", wide[:, k]) for k in scaled(model)]
    return found


def _familiarity(model: Model, x: Floats, y: Floats, got: NDArray[np.float32]) -> float:
    """Largest error of p; it must lie between those of scores that float32 may give."""
    want, found = model.familiarity(x, level_index=True).p, model.calibration
    assert found is not None
    error = np.abs(got - want)
    low = high = want
    if found.n_scores:
        parts = [c for c in model.companions if c.role == Role.FAMILIARITY]
        s = score(model, x, y)
        off = sum(c.weight * SCORE * len(c.model.axes) for c in parts) + _given(model, x, y, s)
        seen = want > 0
        low, high = (np.where(seen, share_of(found, s + d), 0.0) for d in (-off, off))
    if not ((got >= low - ROUNDED) & (got <= high + ROUNDED)).all():
        raise _differs(FAMILIARITY, f"{error.max():.2g}", "what a score in float32 may be off by")
    return float(error.max())


def _given(model: Model, x: Floats, y: Floats, s: Floats) -> Floats:
    """How far the score s [N] moves with inputs by what rounding them to float32 does, and their
    bounds in float64."""
    moved = np.zeros(len(x))
    for d, (axis, low) in enumerate(zip(model.axes, input_offsets(model.axes), strict=True)):
        if axis.kind != "categorical":
            step = np.spacing(np.abs(x[:, d] - low).astype(np.float32)) + np.spacing(
                max(abs(axis.lower), abs(axis.upper))
            )
            for sign in (-1.0, 1.0):
                there = x.copy()
                there[:, d] = np.clip(x[:, d] + sign * step, axis.lower, axis.upper)
                moved += np.abs(score(model, there, y) - s)
    return moved


def _differs(name: str, by: str, allowed: str) -> BackendError:
    return BackendError(
        f"output {name!r} of the graph differs from the reference by {by}; allowed is {allowed};"
        " leave out --with for it, or report this model"
    )


def sentence(found: BesideAgreement | None) -> str:
    """What the check saw of it, in words; nothing where there was none."""
    if found is None:
        return ""
    said = [f"ends and scale to {found.ends:.1e} of their range"] if found.ends else []
    said += [f"familiarity to {found.p:.1e}"] if found.p else []
    return "; " + ", ".join(said) if said else ""
