"""What the format cannot hold is said before anything is written or computed: the limit by its
name, one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Model, Output
from sna_edge.artifact import limits
from sna_edge.core.basis import bernstein, bspline, uniform_breaks
from sna_edge.errors import InputError


def additive(n_axes: int, n_outputs: int = 1) -> Model:
    basis = bspline([0.0, 1.0], 1)
    tables = tuple(np.ones((basis.n_rows, 1)) for _ in range(n_axes))
    modes = tuple(np.array([d]) for d in range(n_axes))
    outputs = [Output(f"y{k}") for k in range(n_outputs)]
    return Model(
        [Axis(f"x{d}", "", basis) for d in range(n_axes)],
        CP(tables, modes, np.ones((n_axes, n_outputs))),
        outputs,
    )


def ranked(rank: int) -> Model:
    basis = bspline([0.0, 1.0], 1)
    cores = (np.ones((2, 1, rank)), np.ones((2, rank, 1)))
    return Model(
        [Axis("a", "", basis), Axis("b", "", basis)], TT(cores, np.ones((1, 1))), [Output("y")]
    )


def many_modes(count: int) -> Model:
    table = np.ones((2, count))
    return Model(
        [Axis("a", "", bspline([0.0, 1.0], 1))],
        CP((table,), (np.arange(count),), np.ones((count, 1))),
        [Output("y")],
    )


def paired(n_axes: int, orders: int) -> Model:
    """A mode for every set of neighbours: more sets of inputs than groups."""
    rng = np.random.default_rng(0)
    uses = np.unique(rng.random((orders, n_axes)) < 0.5, axis=0).T
    tables = tuple(np.ones((2, int(u.sum()))) for u in uses)
    cp = CP(tables, tuple(np.flatnonzero(u) for u in uses), np.ones((uses.shape[1], 1)))
    return Model(
        [Axis(f"x{d}", "", bspline([0.0, 1.0], 1)) for d in range(n_axes)], cp, [Output("y")]
    )


def many_rows() -> Model:
    basis = bernstein(uniform_breaks(0.0, 1.0, 32768), 1)
    return Model(
        [Axis("a", "", basis)],
        CP((np.ones((65536, 1)),), (np.array([0]),), np.ones((1, 1))),
        [Output("y")],
    )


@pytest.mark.parametrize(
    ("made", "limit"),
    [
        (lambda: additive(65), "MAX_AXES"),
        (lambda: additive(200), "MAX_AXES"),
        (lambda: additive(2, 65), "MAX_OUTPUTS"),
        (lambda: additive(65, 65), "MAX_AXES"),
        (lambda: additive(64, 70), "MAX_OUTPUTS"),
        (many_rows, "MAX_ROWS"),
        (lambda: many_modes(65537), "MAX_MODES"),
        (lambda: paired(20, 5000), "MAX_GROUPS"),
        (lambda: ranked(1025), "MAX_RANK"),
    ],
)
def test_the_writer_refuses_and_leaves_nothing_behind(
    tmp_path: Path, made: object, limit: str
) -> None:
    """A model of 65 axes was an OverflowError, one of 66 outputs a file that no reader opens."""
    model = made()  # type: ignore[operator]
    path = tmp_path / "m.sna"
    path.write_bytes(b"before")
    with pytest.raises(InputError, match=limit) as refused:
        model.save(path)
    assert ";" in str(refused.value)
    with pytest.raises(InputError, match=limit):
        model.to_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["m.sna"] and path.read_bytes() == b"before"


@pytest.mark.parametrize("counts", [(1, 1), (64, 1), (1, 64), (64, 64)])
def test_the_limits_themselves_are_written_and_read(counts: tuple[int, int]) -> None:
    import sna_edge

    limits.need_counts(*counts)
    model = sna_edge.from_bytes(additive(*counts).to_bytes())
    assert (len(model.axes), len(model.outputs)) == counts


def test_writing_many_spans_takes_no_design_of_all_points_and_rows() -> None:
    """A matrix of points x rows: 7 GB for 30,000 spans, 200 MB here."""
    import tracemalloc

    import sna_edge

    axis = sna_edge.spline_axis("x", "", 0.0, 1.0, spans=5000, degree=1)
    table = np.random.default_rng(0).random((axis.basis.n_rows, 4))
    model = sna_edge.Model([axis], sna_edge.CP.full([table]), [sna_edge.Output("y")])
    tracemalloc.start()
    try:
        data = model.replace(dtypes=["float32"]).to_bytes()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) < most < 50e6
