"""The front door: a model in, a quantized and certified model out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sna_export.certify.certificate import figures, kappa, linear_span
from sna_export.certify.measured import Measured, measure, points_of

from sna_edge.artifact.stored import as_stored
from sna_edge.errors import InputError
from sna_edge.inputs import coordinates
from sna_edge.interaction import CP, Interaction
from sna_edge.model import Model

from .cp import quantize_cp
from .grid import Grid
from .interval import widen
from .tt import quantize_tt

Floats = NDArray[np.float64]
TARGETS = ("float16", "int16", "int8", "auto")
AUTO_ERROR = 1e-3
"""`max_error` of "auto" when none is given: a tenth of a percent of the output range."""
WIDER = {"int8": "int16", "float16": "int16", "int16": "float32"}


@dataclass(frozen=True)
class Trial:
    """A quantized model as its bytes will mean it, what its tables were before rounding, and its measured errors."""

    model: Model
    unrounded: Interaction
    found: Measured


def quantize(
    model: Model,
    to: str = "auto",
    *,
    max_error: float | None = None,
    data: ArrayLike | None = None,
    resolve: bool = True,
    seed: int = 0,
) -> Model:
    """The model with its tables in `to`: "float16", "int16", "int8", or "auto" (the cheapest that keeps `max_error`).

    `max_error`: largest measured error over the output range; axes are stored wider, one by one, until it holds.
    `data` [N, D]: rows (inputs only) on which errors are measured besides the whole domain.
    `resolve`: round in the metric of the function and re-solve what is still free (else: to nearest numbers).
    `seed` is accepted for symmetry with `fit`: nothing here is random.
    Intervals are widened by the quantization error and the certificate is filled. A model that is already in these
    types comes back as it is.
    Raises InputError when `to` is unknown or `max_error` cannot be met even in float32.
    """
    if to not in TARGETS:
        raise InputError(f"cannot quantize to {to!r}; use one of {', '.join(TARGETS)}")
    if max_error is not None and not max_error > 0:
        raise InputError(f"max_error is {max_error}; give a positive fraction of the output range, like 0.001")
    del seed
    if to == "auto":
        to, max_error = "int8", max_error or AUTO_ERROR
    dtypes = [to] * len(model.axes)
    if _is_already(model, dtypes) and max_error is None:
        return model
    points = points_of(model, None if data is None else coordinates(model.axes, data)[0])
    quantizer = _Quantizer(model, points, resolve)
    if max_error is None:
        return quantizer.finish(quantizer.attempt(dtypes))
    return quantizer.finish(quantizer.within(max_error, dtypes))


def _is_already(model: Model, dtypes: Sequence[str]) -> bool:
    """Same types, and every table on its grid already."""
    grids = [Grid.of(d) for d in dtypes]
    pairs = zip(grids, model.interaction.tables, strict=True)
    return list(model.dtypes) == list(dtypes) and all(g is None or g.holds(t) for g, t in pairs)


class _Quantizer:
    """Attempts at quantizing one model with several types per axis."""

    def __init__(self, model: Model, points: Floats, resolve: bool) -> None:
        self.model, self.points, self.resolve = model, points, resolve
        self.span = linear_span(model)
        self.tried: dict[tuple[str, ...], Trial] = {}

    def attempt(self, dtypes: Sequence[str]) -> Trial:
        key = tuple(dtypes)
        if key not in self.tried:
            self.tried[key] = self._attempt(key)
        return self.tried[key]

    def _attempt(self, dtypes: tuple[str, ...]) -> Trial:
        work = quantize_cp if isinstance(self.model.interaction, CP) else quantize_tt
        found = work(self.model, [Grid.of(d) for d in dtypes], 1.0 / self.span, resolve=self.resolve)
        outputs = [replace(o, bias=float(b), range=None) for o, b in zip(self.model.outputs, found.bias, strict=True)]
        raw = self.model.replace(interaction=found.interaction, outputs=outputs, dtypes=dtypes, certificate={})
        stored = as_stored(raw)
        return Trial(raw, found.unrounded, measure(stored, self.model, self.points))

    def within(self, max_error: float, dtypes: Sequence[str]) -> Trial:
        """The cheapest types found with error <= max_error: widen the axis that gains most per byte, then try to go back."""
        current = list(dtypes)
        trial = self.attempt(current)
        while trial.found.relative > max_error:
            wider = [d for d, t in enumerate(current) if t in WIDER and self.model.interaction.tables[d].size]
            if not wider:
                raise InputError(
                    f"max_error {max_error:g} cannot be met: float32 tables already err by {trial.found.relative:.2g} "
                    "of the output range; allow more, or give a model with fewer cancelling modes"
                )
            current, trial = self._widen(current, wider)
        return self._narrow(current, list(dtypes), max_error)

    def _widen(self, current: list[str], candidates: Sequence[int]) -> tuple[list[str], Trial]:
        """The candidate whose wider table lowers the error most per byte."""
        options = []
        for d in candidates:
            changed = [*current[:d], WIDER[current[d]], *current[d + 1 :]]
            trial = self.attempt(changed)
            options.append((trial.found.relative * self._bytes(changed), d, changed, trial))
        _, _, changed, trial = min(options, key=lambda o: o[:2])
        return changed, trial

    def _narrow(self, current: list[str], least: list[str], max_error: float) -> Trial:
        """Back to the narrow type wherever the limit still holds, the largest saving first."""
        best = self.attempt(current)
        for d in sorted(range(len(current)), key=lambda d: -self.model.interaction.tables[d].size):
            if current[d] != least[d]:
                changed = [*current[:d], least[d], *current[d + 1 :]]
                trial = self.attempt(changed)
                if trial.found.relative <= max_error:
                    current, best = changed, trial
        return best

    def _bytes(self, dtypes: Sequence[str]) -> int:
        from .grid import BYTES

        return sum(BYTES[t] * table.size for t, table in zip(dtypes, self.model.interaction.tables, strict=True))

    def finish(self, trial: Trial) -> Model:
        """The trial with widened intervals and its certificate."""
        stored = as_stored(trial.model)
        certificate = figures(stored, self.model, trial.found, trial.unrounded)
        certificate["kappa"] = float(f"{kappa(stored):.3g}")
        outputs = widen(trial.model.outputs, trial.found.rms, trial.found.linear_rms)
        return trial.model.replace(outputs=outputs, certificate=certificate)
