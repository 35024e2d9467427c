"""A chosen candidate as a Model: axes with support, interaction in output units, metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.axis import Axis
from sna_edge.basis import SpanBasis
from sna_edge.model import Model
from sna_edge.output import Output

from .candidate import Candidate
from .samples import AxisSpec, Samples, values

Floats = NDArray[np.float64]
RANGE_ROWS = 20_000


def assemble(samples: Samples, best: Candidate, outputs: Sequence[Output], metadata: dict[str, Any]) -> Model:
    """f = centre + spread * (CP of the candidate), with the axes of the samples."""
    cp, bias = best.f.to_cp()
    cp = cp.with_tables(cp.tables, cp.weights * best.spread)
    bases = best.f.bases[:-1]
    axes = [_axis(spec, basis, samples.x[:, d]) for d, (spec, basis) in enumerate(zip(samples.axes, bases, strict=True))]
    ends = _range(samples, best)
    final = [
        replace(o, bias=float(best.centre[k] + best.spread[k] * bias[k]), range=(float(ends[0, k]), float(ends[1, k])))
        for k, o in enumerate(outputs)
    ]
    return Model(axes, cp.sorted(), final, metadata=metadata)


def _axis(spec: AxisSpec, basis: SpanBasis, x: Floats) -> Axis:
    support = np.bincount(basis.locate(x)[0], minlength=basis.n_spans)
    return Axis(spec.name, spec.unit, basis, spec.levels, np.minimum(support, 255).astype(np.uint8))


def _range(samples: Samples, best: Candidate) -> Floats:
    """Lowest and highest value [2, K] over the rows and over corners of the domain drawn from them."""
    x = samples.x[:: max(1, len(samples.x) // RANGE_ROWS)]
    mixed = np.stack([np.roll(x[:, d], 1 + 7 * d) for d in range(x.shape[1])], axis=1)
    y = values(best.outputs, best.centre + best.spread * best.f.predict(np.concatenate([x, mixed])))
    return np.stack([y.min(axis=0), y.max(axis=0)])
