"""Bytes of workspace and steps of a search that a generated header states: upper bounds on every
core."""

from __future__ import annotations

from sna_edge import Model

from ..integers import is_familiar, with_intervals


def _cells(model: Model) -> int:
    """Bytes of the records of all axes and of the list of those in use: at most 24 and 1 an
    axis."""
    return 24 * len(model.axes) + 8 * (-(-len(model.axes) // 8)) + 16


def _values(model: Model) -> int:
    return sum(a.basis.degree + 1 for a in model.axes)


def _ranks(model: Model) -> tuple[int, int]:
    """Largest rank of a train and the sum of all, with the 1 before the first core; zeros for
    CP."""
    ranks = [c.shape[2] for c in getattr(model.interaction, "cores", ())]
    return (max(ranks), 1 + sum(ranks)) if ranks else (0, 0)


def _rounded(size: int) -> int:
    return -(-size // 16) * 16


def work_bytes(model: Model) -> int:
    """An upper bound of sna_workspace_size for value, integer path, interval at a level,
    familiarity, answers in whole numbers and verification on every core."""
    beside = [_value_bytes(c.model) + 8 * len(c.coordinates) for c in model.companions]
    return _rounded(max(_value_bytes(model), *beside, 0) + _answer_bytes(model))


def _answer_bytes(model: Model) -> int:
    """Of sna_fixed_answer beside a query: places before the links and places of coordinates."""
    if not (model.integer_path and (is_familiar(model) or with_intervals(model, None))):
        return 0
    places = max(len(model.axes), *(len(c.coordinates) for c in model.companions), 0)
    return 8 * len(model.outputs) + 4 * places + 8


def _value_bytes(model: Model) -> int:
    return _cells(model) + 8 * (_values(model) + 2 * _ranks(model)[0] + len(model.outputs))


def gradient_bytes(model: Model) -> int:
    """The same for value and gradient; the loops for a Cortex-M FPU take 100 bytes an axis."""
    largest, every = _ranks(model)
    scratch = every + 2 * largest if largest else 8 * len(model.axes)
    return _rounded(
        max(_cells(model) + 8 * (2 * _values(model) + scratch), 100 * len(model.axes) + 8)
    )


def roots_bytes(model: Model) -> int:
    """The same for roots along the longest axis."""
    largest, every = _ranks(model)
    rows = max(a.basis.n_rows for a in model.axes)
    return _rounded(_cells(model) + 8 * (_values(model) + rows + every + 2 * largest))


def roots_steps(model: Model) -> int:
    """SNA_ROOTS_STEPS of sna.h, the largest of all axes."""
    degrees = [(a.basis.n_spans, a.basis.degree) for a in model.axes]
    return max(spans * (67 * p * (p - 1) // 2 + 68 * p + 5) for spans, p in degrees)
