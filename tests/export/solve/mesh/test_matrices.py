"""Parts whose matrices another code wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.io import mmwrite
from scipy.sparse.linalg import spsolve

import sna_edge
from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    matrix_space,
    on,
    parameter,
    solve,
    test_function,
    unknown,
)

N = 12  # nodes of a rod of length 1
RATIO = parameter("ratio", 0.5, 2.0, spans=8, degree=4)


def rod() -> tuple[Any, Any]:
    """Stiffness and mass of linear elements."""
    h = 1.0 / (N - 1)
    ends = np.r_[1.0, np.full(N - 2, 2.0), 1.0]
    side = np.ones(N - 1)
    stiff = sparse.diags_array([-side, ends, -side], offsets=[-1, 0, 1]) / h
    mass = sparse.diags_array([side, 2 * ends, side], offsets=[-1, 0, 1]) * h / 6
    return sparse.csr_array(stiff), sparse.csr_array(mass)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    stiff, mass = rod()
    mmwrite(tmp_path / "K.mtx", stiff, symmetry="symmetric")
    mmwrite(tmp_path / "M.mtx", mass)
    mmwrite(tmp_path / "f.mtx", np.asarray(mass.sum(axis=1)).reshape(-1, 1))
    (tmp_path / "foot.txt").write_text("1\n")
    return tmp_path


def part_of(files: Path, **more: Any) -> Any:
    matrices = {"stiffness": files / "K.mtx", "mass": files / "M.mtx"}
    given = {"sets": {"foot": files / "foot.txt"}, "held": ["foot"], "first": 1, **more}
    return matrix_space("part", matrices, {"source": files / "f.mtx"}, **given)


def problem_of(part: Any) -> Problem:
    u, v = unknown(), test_function()
    weak = RATIO * part.form("stiffness") * u * v + part.form("mass") * u * v
    return Problem("rod", (part, RATIO), weak, part.load("source") * v, output="T", unit="K")


def test_files_of_another_code_are_solved_as_scipy_solves_them(files: Path) -> None:
    solution = solve(problem_of(part_of(files)), tolerance=1e-6)
    stiff, mass = rod()
    for ratio in (0.5, 1.3, 2.0):
        matrix = sparse.csc_matrix(ratio * stiff + mass)[1:, 1:]
        exact = np.r_[0.0, spsolve(matrix, np.asarray(mass.sum(axis=1)).reshape(-1)[1:])]
        found = solution.model.grid({"part": np.arange(N)}, at={"ratio": ratio})[:, 0]
        assert np.allclose(found, exact, atol=1e-4 * np.abs(exact).max())  # splines
        assert solution.model(part=N - 1, ratio=ratio)[0] == pytest.approx(exact[-1], rel=1e-4)
    assert solution.estimate is not None and 1e-7 < solution.estimate.worst < 1e-3


def test_with_points_and_cells_a_model_is_asked_by_point(tmp_path: Path) -> None:
    """A square of four triangles; u = x is held at its corners, and met between them."""
    stiff = np.diag([1.0, 1, 1, 1, 4])
    stiff[4, :4] = stiff[:4, 4] = -1.0
    place = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]])
    np.savetxt(tmp_path / "nodes.csv", place, delimiter=",")
    part = matrix_space(
        "part", {"stiffness": sparse.csr_array(stiff)}, {"edge": place[:, 0]},
        sets={"left": [0, 3], "right": [1, 2]}, held=["left", "right"],
        points=tmp_path / "nodes.csv", cells=[[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]],
        probes={"mid": 4},
    )  # fmt: skip
    u, v = unknown(), test_function()
    weak, lift = RATIO * part.form("stiffness") * u * v, part.load("edge")
    problem = Problem("p", (part, RATIO), weak, 0.0 * part.load("edge") * v, lift=lift)
    model = solve(problem, estimate=False, accept=True).model
    model.save(tmp_path / "p.sna")
    found = sna_edge.load(tmp_path / "p.sna")
    assert found(part="mid", ratio=1.0)[0] == pytest.approx(0.5, abs=1e-6)
    assert found(x=0.3, y=0.6, ratio=1.0)[0] == pytest.approx(0.3, abs=1e-6)


def springs(count: int = 3) -> Any:
    """A chain of nodes with two components each, interleaved."""
    line = sparse.diags_array([-np.ones(count - 1), np.full(count, 2.0), -np.ones(count - 1)],
                              offsets=[-1, 0, 1])  # fmt: skip
    return sparse.csr_array(sparse.kron(line, np.diag([1.0, 3.0])))


def test_components_of_nodes_are_held_and_asked_by_name() -> None:
    pull = np.zeros(6)
    pull[4:] = 1.0, 6.0
    part = matrix_space(
        "part", {"k": springs()}, {"pull": pull}, components=2, sets={"a": [0]}, held={"a": "x"}
    )
    u, v = unknown(part), test_function(part)
    weak = RATIO * part.form("k") * u * v
    model = solve(Problem("p", (part, RATIO), weak, part.load("pull") * v), tolerance=1e-6).model
    whole = springs().toarray()
    free = [1, 2, 3, 4, 5]
    exact = np.zeros(6)
    exact[free] = np.linalg.solve(whole[np.ix_(free, free)], pull[free])
    for row, value in enumerate(exact):
        at = {"part": row // 2, "part component": "xy"[row % 2], "ratio": 1.0}
        assert model(at)[0] == pytest.approx(value, rel=3e-3, abs=1e-6)


EYE = sparse.eye_array(4)


def made(**more: Any) -> Any:
    return matrix_space("p", {"k": EYE}, **more)


def text(files: Path, name: str, content: str) -> Path:
    (files / name).write_text(content)
    return files / name


REFUSED: list[tuple[Any, str]] = [
    (lambda f: matrix_space("p", {}), "needs one at least"),
    (lambda f: matrix_space("p", {"k": f / "no.mtx"}), "there is no file .*no.mtx"),
    (lambda f: matrix_space("p", {"k": text(f, "a.mtx", "hello")}), "cannot be read as matrix 'k'"),
    (lambda f: matrix_space("p", {"k": text(f, "b.mtx", "")}), "cannot be read as matrix 'k'"),
    (
        lambda f: matrix_space("p", {"k": text(f, "c.txt", "1 2\n3\n")}),
        "cannot be read as matrix 'k'",
    ),
    (lambda f: matrix_space("p", {"k": np.ones((2, 3))}), "is 2 x 3"),
    (lambda f: matrix_space("p", {"k": np.zeros((2, 2))}), "with 0 entries"),
    (lambda f: matrix_space("p", {"k": np.ones(3)}), "has 1 dimensions"),
    (lambda f: matrix_space("p", {"k": np.eye(2) * 1j}), "complex128 in place of real numbers"),
    (lambda f: matrix_space("p", {"k": np.diag([1, np.nan])}), "entries that are no numbers"),
    (lambda f: matrix_space("p", {"k": EYE, "m": np.eye(3)}), "'m' is 3 x 3, 'k' is 4 x 4"),
    (lambda f: matrix_space("p", {"k": np.eye(5)}, components=2), "no multiple of components=2"),
    (lambda f: matrix_space("p", {"k": [[1.0, 2], [0, 1]]}), "on one side of its diagonal"),
    (lambda f: matrix_space("p", {"k": [[1.0, 2], [3, 1]]}), "is not symmetric"),
    (lambda f: made(vectors={"f": np.ones(3)}), "has 3 entries, the matrices have 4 rows"),
    (lambda f: made(sets={"a": [4]}), "numbers of nodes, 0 to 3: 4 in it is none"),
    (lambda f: made(sets={"a": [0]}, first=1), "1 to 4: 0 in it is none"),
    (lambda f: made(sets={"a": []}), "it is empty"),
    (lambda f: made(sets={"a": [0.5]}), "0.5 in it is none"),
    (lambda f: made(held=["b"]), "there is no set 'b'"),
    (lambda f: made(sets={"a": [0]}, held={"a": "x"}), "'x' is no component"),
    (lambda f: made(sets={"a": range(4)}, held=["a"]), "every node of 'p' is held"),
    (lambda f: made(probes={"tip": 3}), "need points= and cells="),
    (lambda f: made(components=4), "components=4"),
    (lambda f: made(points=np.ones((3, 2))), "give 4 rows"),
    (lambda f: made(points=np.ones((4, 2)), cells=[[0, 1, 9]]), "names a node that it does not"),
    (lambda f: made(points=np.ones((4, 2)), cells=[[0, 1]]), "triangles or tetrahedra"),
    (lambda f: made().form("m"), "has no matrix 'm', it has k"),
    (lambda f: made().load("f"), "has no vector 'f', it has none"),
    (lambda f: on(made(), "top"), "have no boundaries"),
    (lambda f: d(unknown(), made()), "hold the derivatives"),
    (lambda f: 2 * made(), "has no one coordinate"),
]


@pytest.mark.parametrize(("call", "said"), REFUSED)
def test_what_cannot_be_used_is_refused_in_one_sentence(files: Path, call: Any, said: str) -> None:
    with pytest.raises(ProblemError, match=said) as error:
        call(files)
    assert "\n" not in str(error.value)


def test_terms_that_matrices_do_not_tell_are_refused(files: Path) -> None:
    part = part_of(files)
    u, v = unknown(), test_function()
    plain = Problem("p", (part, RATIO), RATIO * part.form("stiffness") * u * v, 1.0 * v)
    with pytest.raises(ProblemError, match=r"write part.load\(name\) \* v"):
        solve(plain, estimate=False)


def test_a_part_that_nothing_holds_is_refused() -> None:
    """Springs between nodes only: both shifts cost nothing; y is still free where x is held."""
    chain = np.array([[1.0, -1], [-1, 1]])
    whole = sparse.csr_array(np.kron(chain, np.eye(2)))
    part = matrix_space(
        "part", {"k": whole}, {"f": np.ones(4)}, components=2, sets={"a": [0]}, held={"a": "x"}
    )
    u, v = unknown(part), test_function(part)
    problem = Problem("p", (part, RATIO), RATIO * part.form("k") * u * v, part.load("f") * v)
    with pytest.raises(ProblemError, match="shift along y"):
        solve(problem, estimate=False)
