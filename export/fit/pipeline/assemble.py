"""A chosen candidate as a Model: axes with support, interaction in output units, metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis, bspline, levels
from sna_edge.core.interaction import CP
from sna_edge.core.output import Output, values
from sna_edge.model import Model

from ..candidates.candidate import Candidate
from ..data.samples import AxisSpec, Samples
from .smaller.packing import packed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RANGE_ROWS = 20_000


def assemble(
    samples: Samples,
    used: Ints,
    best: Candidate,
    outputs: Sequence[Output],
    metadata: dict[str, Any],
) -> Model:
    """f = centre + spread * (CP of the candidate), with the axes of the samples, of which no mode
    sees those that are not `used`."""
    cp, bias = best.f.to_cp()
    cp = cp.with_tables(cp.tables, cp.weights * best.spread)
    bases = dict(zip(used.tolist(), best.f.bases[:-1], strict=True))
    axes = [
        _axis(spec, bases.get(d) or _unused(samples, d), samples.x[:, d])
        for d, spec in enumerate(samples.axes)
    ]
    place = {d: i for i, d in enumerate(used.tolist())}
    tables = [
        cp.tables[place[d]] if d in place else np.zeros((a.basis.n_rows, 0))
        for d, a in enumerate(axes)
    ]
    modes = [
        cp.modes[place[d]] if d in place else np.zeros(0, dtype=np.int64) for d in range(len(axes))
    ]
    ends = _range(samples.columns(used), best)
    final = [
        replace(
            o,
            bias=float(best.centre[k] + best.spread[k] * bias[k]),
            range=(float(ends[0, k]), float(ends[1, k])),
        )
        for k, o in enumerate(outputs)
    ]
    return Model(
        axes, packed(CP(tuple(tables), tuple(modes), cp.weights)).sorted(), final, metadata=metadata
    )


def _unused(samples: Samples, d: int) -> SpanBasis:
    return (
        levels(int(samples.n_levels[d]))
        if samples.n_levels[d]
        else bspline(list(samples.bounds(d)), 0)
    )


def _axis(spec: AxisSpec, basis: SpanBasis, x: Floats) -> Axis:
    support = np.bincount(basis.locate(x)[0], minlength=basis.n_spans)
    return Axis(spec.name, spec.unit, basis, spec.levels, np.minimum(support, 255).astype(np.uint8))


def _range(samples: Samples, best: Candidate) -> Floats:
    """Lowest and highest value [2, K] over the rows and over corners of the domain drawn from
    them."""
    x = samples.x[:: max(1, len(samples.x) // RANGE_ROWS)]
    mixed = np.stack([np.roll(x[:, d], 1 + 7 * d) for d in range(x.shape[1])], axis=1)
    y = values(best.outputs, best.centre + best.spread * best.f.predict(np.concatenate([x, mixed])))
    return np.stack([y.min(axis=0), y.max(axis=0)])
