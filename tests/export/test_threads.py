"""Work side by side: in order, and errors of a piece reach the caller."""

from __future__ import annotations

from threading import Barrier

import pytest

from sna_export.threads import THREADS, side_by_side


def test_pieces_meet_and_answers_come_in_order() -> None:
    """Each waits for another, so they could not be done one after the other."""
    met = Barrier(THREADS, timeout=120)

    def piece(number: int) -> int:
        met.wait()
        return number * number

    assert side_by_side(piece, range(2 * THREADS)) == [n * n for n in range(2 * THREADS)]


def test_a_piece_that_fails_is_heard_of() -> None:
    def piece(number: int) -> float:
        return 1.0 / number

    with pytest.raises(ZeroDivisionError):
        side_by_side(piece, [1, 0, 2])
    assert side_by_side(piece, []) == [] and side_by_side(piece, [4]) == [0.25]
