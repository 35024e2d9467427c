"""Fewer modes and smaller ranks: known ranks recovered, the tolerance kept."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Interval, Output
from sna_export.certify import exact_rms
from sna_export.certify.certificate import linear_span
from sna_export.compress import compress


def relative(small, model) -> float:
    return float(np.linalg.norm(exact_rms(small, model) / linear_span(model)))


def test_repeated_modes_are_found(models) -> None:
    model = models.cp(models.uniform_axes(4), rank=5)
    small = compress(model + model + model, 1e-6)
    assert small.interaction.rank == 5
    assert relative(small, model + model + model) <= 1e-6


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_sums_of_known_rank_are_recovered(models, rank: int) -> None:
    a, b = (
        models.cp(models.uniform_axes(4), rank=rank, seed=1),
        models.cp(models.uniform_axes(4, spans=3), rank=rank, seed=2),
    )
    both = a + b - 0.5 * a
    small = compress(both, 1e-6)
    assert small.interaction.rank == 2 * rank and relative(small, both) <= 1e-6


@pytest.mark.parametrize("tolerance", [1e-1, 1e-2, 1e-3])
@pytest.mark.parametrize("full", [True, False])
def test_tolerance_is_kept(models, tolerance: float, full: bool) -> None:
    model = models.cp(models.mixed_axes(), rank=12, outputs=2, full=full)
    small = compress(model, tolerance)
    assert relative(small, model) <= tolerance and small.interaction.rank <= 12


def test_looser_tolerances_leave_fewer_modes(models) -> None:
    model = models.cp(models.uniform_axes(4), rank=16)
    ranks = [compress(model, t).interaction.rank for t in (1e-1, 1e-2, 1e-6)]
    assert ranks == sorted(ranks) and ranks[0] < 16 == ranks[2]


def test_rank_can_be_asked_for(models) -> None:
    model = models.cp(models.uniform_axes(3), rank=8)
    small = compress(model, 1e-9, rank=3)
    assert small.interaction.rank == 3 and relative(small, model) < 0.1


def test_trains_are_rounded_to_their_ranks(models) -> None:
    model = models.tt(models.uniform_axes(4), rank=3, outputs=3)
    doubled = model + model
    assert max(doubled.interaction.ranks) == 6
    small = compress(doubled, 1e-10)
    assert max(small.interaction.ranks) == 3
    assert relative(small, doubled) <= 1e-10


@pytest.mark.parametrize("tolerance", [1e-1, 1e-2, 1e-4])
def test_trains_keep_the_tolerance(models, tolerance: float) -> None:
    from sna_edge.calculus.sums import to_tt

    model = to_tt(models.cp(models.mixed_axes(), rank=9, outputs=2))
    small = compress(model, tolerance)
    assert relative(small, model) <= tolerance
    assert max(small.interaction.ranks) <= 9
    assert np.array_equal(
        small.interaction.cores[2][small.axes[2].basis.tie], small.interaction.cores[2]
    )


def test_train_rank_can_be_asked_for(models) -> None:
    small = compress(models.tt(models.uniform_axes(4), rank=5), 1e-9, rank=2)
    assert max(small.interaction.ranks[:-1]) == 2


def test_intervals_widen(models) -> None:
    model = models.cp(models.uniform_axes(3), rank=8).replace(
        outputs=[Output("y", interval=Interval(0.9, 1e-4, 1e-4))]
    )
    small = compress(model, 1e-2)
    assert small.outputs[0].interval is not None and small.outputs[0].interval.below > 1e-4


@pytest.mark.parametrize("bad", [{"tolerance": 0.0}, {"tolerance": float("nan")}, {"rank": 0}])
def test_bad_requests_are_refused(models, bad: dict) -> None:
    with pytest.raises(InputError):
        compress(models.cp(models.uniform_axes(2)), **bad)
