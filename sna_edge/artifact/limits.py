"""The limits of FORMAT.md section 2, looked at before anything is written: a file that the reader
would refuse is never made."""

from __future__ import annotations

from ..core.interaction import CP
from ..core.record import ModelRecord
from ..errors import InputError
from .checks import bound
from .golden import Scale
from .layout import (
    LARGEST,
    MAX_AXES,
    MAX_GROUPS,
    MAX_MODES,
    MAX_OUTPUTS,
    MAX_RANK,
    MAX_ROWS,
    MAX_SPANS,
)


def need_counts(n_axes: int, n_outputs: int = 1) -> None:
    """InputError when a model cannot have so many inputs or outputs. Also called before a costly
    fit, solve or adoption."""
    if not 1 <= n_axes <= MAX_AXES:
        raise InputError(
            f"{n_axes} inputs, but a model has 1 to {MAX_AXES} (limit MAX_AXES); leave out those"
            " that do not matter"
        )
    if not 1 <= n_outputs <= MAX_OUTPUTS:
        raise InputError(
            f"{n_outputs} outputs, but a model has 1 to {MAX_OUTPUTS} (limit MAX_OUTPUTS); make"
            " several models of them"
        )


def need_sizes(model: ModelRecord) -> None:
    """InputError naming the limit that the model exceeds: inputs, outputs, rows, groups, modes or
    rank."""
    need_counts(len(model.axes), len(model.outputs))
    for axis in model.axes:
        if axis.mesh is not None:
            continue  # a mesh has its own limit
        spans = axis.basis.n_spans
        _need(spans, MAX_SPANS, "MAX_SPANS", f"spans on input {axis.name!r}", "use fewer")
        _need(
            axis.basis.n_rows,
            MAX_ROWS,
            "MAX_ROWS",
            f"rows on input {axis.name!r}",
            "use fewer spans or a lower degree",
        )
    work = model.interaction
    if isinstance(work, CP):
        _need(work.rank, MAX_MODES, "MAX_MODES", "modes", "compress the model first")
        _need(
            len(set(work.masks)),
            MAX_GROUPS,
            "MAX_GROUPS",
            "sets of inputs that interact",
            "use fewer interactions",
        )
        return
    for axis, core in zip(model.axes, work.cores, strict=True):
        _need(
            max(core.shape[1:]),
            MAX_RANK,
            "MAX_RANK",
            f"as the rank at input {axis.name!r}",
            "round the train to a lower rank",
        )


def _need(found: int, most: int, limit: str, what: str, step: str) -> None:
    if found > most:
        raise InputError(f"{found} {what}, but a model has at most {most} (limit {limit}); {step}")


def need_magnitudes(model: ModelRecord, scale: Scale) -> None:
    """InputError that names the input or output whose numbers no reader would take."""
    for axis in model.axes:
        if axis.kind != "categorical" and not bound.span_fits(axis.lower, axis.upper):
            raise InputError(
                f"input {axis.name!r}: {axis.lower:.3g} to {axis.upper:.3g} is beyond what a file"
                " holds; take another unit"
            )
    for k, o in enumerate(model.outputs):
        numbers = [o.bias, o.scale, o.offset, scale.low[k], scale.high[k]]
        numbers += [o.interval.below, o.interval.above] if o.interval else []
        if not all(map(bound.held, numbers)) or abs(o.scale) < 1.0 / LARGEST:
            raise InputError(
                f"output {o.name!r} has numbers beyond what a file holds (2^1000); give it another"
                " unit"
            )
