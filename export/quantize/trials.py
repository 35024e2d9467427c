"""Attempts at quantizing one model with several types per axis, each made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.core.interaction import CP, Interaction
from sna_edge.model import Model

from ..certify.certificate import linear_span
from ..certify.comparison import Comparison, measure
from ..certify.norm import exact_rms
from .cp import Quantized, quantize_cp
from .grid import BYTES, Grid
from .rounding import ENDS
from .tt import QuantizedTrain, quantize_tt

Floats = NDArray[np.float64]
OTHER_ENDS = (0.4, 0.1)
"""Tried as well where the largest error is above `LARGE_ERROR` of the range; the smallest largest
error wins."""
LARGE_ERROR = 5e-3


@dataclass(frozen=True)
class Trial:
    """A quantized model, what its tables were before rounding, and its measured errors."""

    model: Model
    unrounded: Interaction
    found: Comparison

    @property
    def error(self) -> float:
        """Largest measured error over the output range."""
        return self.found.relative


class Quantizer:
    """Quantizes `model` with any types per axis; errors are measured at `points`, `rows` [N, D]
    count in the re-solve."""

    def __init__(
        self, model: Model, points: Floats, resolve: bool, rows: Floats | None = None
    ) -> None:
        self.model, self.points, self.resolve, self.rows = model, points, resolve, rows
        self.span = linear_span(model)
        self._tried: dict[tuple[str, ...], Trial] = {}

    def attempt(self, dtypes: Sequence[str]) -> Trial:
        """Quantize and measure; remembered."""
        key = tuple(dtypes)
        if key not in self._tried:
            self._tried[key] = self._best(key)
        return self._tried[key]

    def _best(self, dtypes: tuple[str, ...]) -> Trial:
        """With the usual weight on the ends of axes, and with others where that leaves a large
        error."""
        best = self._trial(dtypes, ENDS)
        if self.resolve and best.error > LARGE_ERROR:
            best = min(
                (best, *(self._trial(dtypes, ends) for ends in OTHER_ENDS)), key=lambda t: t.error
            )
        return best

    def _trial(self, dtypes: tuple[str, ...], ends: float) -> Trial:
        raw, found = self._quantized(dtypes, ends)
        measured = measure(as_stored(raw), self.model, self.points, self.rows)
        return Trial(raw, found.unrounded, measured)

    @property
    def trials(self) -> list[Trial]:
        """Every attempt made so far."""
        return list(self._tried.values())

    def damage(self, d: int, dtype: str) -> float:
        """Exact RMS error over the range when axis d alone is stored as `dtype`."""
        dtypes = tuple(dtype if e == d else "float32" for e in range(len(self.model.axes)))
        return float((exact_rms(self._quantized(dtypes, ENDS)[0], self.model) / self.span).max())

    def _quantized(
        self, dtypes: tuple[str, ...], ends: float
    ) -> tuple[Model, Quantized | QuantizedTrain]:
        grids, output = [Grid.of(d) for d in dtypes], 1.0 / self.span
        found: Quantized | QuantizedTrain
        if isinstance(self.model.interaction, CP):
            found = quantize_cp(
                self.model, grids, output, resolve=self.resolve, rows=self.rows, ends=ends
            )
        else:
            found = quantize_tt(
                self.model, grids, output, resolve=self.resolve, rows=self.rows, ends=ends
            )
        outputs = [
            replace(o, bias=float(b), range=None)
            for o, b in zip(self.model.outputs, found.bias, strict=True)
        ]
        raw = self.model.replace(
            interaction=found.interaction, outputs=outputs, dtypes=dtypes, certificate={}
        )
        return raw, found

    def saving(self, d: int, narrow: str, wide: str) -> int:
        """Bytes saved by the narrower type on axis d."""
        return (BYTES[wide] - BYTES[narrow]) * int(self.model.interaction.tables[d].size)
