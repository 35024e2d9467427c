"""Matrices, vectors, node sets and coordinates that another code wrote, looked at before use."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.io import mmread

from ..weak_form.errors import ProblemError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix = Any  # sparse.csr_array: scipy has no types
SYMMETRIC = 1e-9  # of the largest entry: what codes that print ten digits leave
HINT = "write it as a Matrix Market file (.mtx) or as text, one row a line"


def _read(source: Any, what: str) -> Any:
    """The content of a .mtx file, or of a text file of numbers; other sources as they are."""
    if not isinstance(source, (str, PathLike)):
        return source
    path = Path(source)
    if not path.is_file():
        raise ProblemError(f"there is no file {path} for {what}; give its path")
    try:
        if path.suffix in (".mtx", ".gz"):
            return mmread(path)
        return np.loadtxt(path, comments=("#", "%", "*"), delimiter=_delimiter(path))
    except (ValueError, OSError, TypeError, IndexError, OverflowError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ProblemError(f"{path} cannot be read as {what} ({said}); {HINT}") from error


def _delimiter(path: Path) -> str | None:
    with path.open(encoding="utf-8", errors="replace") as file:
        return "," if "," in file.read(4096) else None


def _real(found: Any, what: str) -> Any:
    """The same with real finite numbers."""
    entries = found.data if sparse.issparse(found) else np.asarray(found)
    if entries.dtype.kind not in "fiub":
        raise ProblemError(f"{what} holds {entries.dtype} in place of real numbers; {HINT}")
    if not np.all(np.isfinite(entries.astype(float))):
        raise ProblemError(f"{what} holds entries that are no numbers; write it again")
    return found


def matrices_in(sources: Mapping[str, Any], components: int) -> dict[str, Matrix]:
    """The matrices [n, n] by name, of one size, symmetric or not. Raises ProblemError for others,
    and for one of which only a triangle was written."""
    found = {name: _matrix(s, name) for name, s in sources.items()}
    if not found:
        raise ProblemError("a part from matrices needs one at least, as {'stiffness': 'K.mtx'}")
    first, *rest = found
    for name in rest:
        if found[name].shape != found[first].shape:
            raise ProblemError(
                f"matrix {name!r} is {_by(found[name])}, {first!r} is {_by(found[first])}; write"
                " both with the same nodes and unknowns"
            )
    if found[first].shape[0] % components:
        raise ProblemError(
            f"matrix {first!r} has {found[first].shape[0]} rows, no multiple of"
            f" components={components}; say how many unknowns a node has"
        )
    return found


def _by(matrix: Matrix) -> str:
    return f"{matrix.shape[0]} x {matrix.shape[1]}"


def _matrix(source: Any, name: str) -> Matrix:
    found = _real(_read(source, f"matrix {name!r}"), f"matrix {name!r}")
    if not sparse.issparse(found) and np.ndim(found) != 2:
        raise ProblemError(f"matrix {name!r} has {np.ndim(found)} dimensions, not 2; {HINT}")
    matrix = sparse.csr_array(found).astype(float)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    if matrix.shape[0] != matrix.shape[1] or not matrix.nnz:
        raise ProblemError(
            f"matrix {name!r} is {_by(matrix)} with {matrix.nnz} entries; give a square one that is"
            " not empty"
        )
    _need_both_triangles(matrix, name)
    return matrix


def _need_both_triangles(matrix: Matrix, name: str) -> None:
    parts = [f(matrix, k).nnz for f, k in ((sparse.tril, -1), (sparse.triu, 1))]
    if min(parts) == 0 < max(parts):
        raise ProblemError(
            f"matrix {name!r} has entries on one side of its diagonal only: it is a triangle of a"
            " symmetric one; write it whole, or say 'symmetric' in the first line of the file"
        )


def need_symmetric(matrices: Mapping[str, Matrix]) -> None:
    """Raises ProblemError for a matrix that is not symmetric."""
    for name, matrix in matrices.items():
        gap = abs(matrix - matrix.T)
        if gap.nnz and gap.max() > SYMMETRIC * abs(matrix).max():
            raise ProblemError(
                f"matrix {name!r} is not symmetric (it differs from its transpose by"
                f" {gap.max() / abs(matrix).max():.1e} of its largest entry); check its export, or"
                " say symmetric=False"
            )


def vector_in(source: Any, name: str, count: int) -> Floats:
    """A load vector [n]. Raises ProblemError for another length."""
    found = _real(_read(source, f"vector {name!r}"), f"vector {name!r}")
    dense = found.toarray() if sparse.issparse(found) else np.asarray(found, dtype=float)
    if dense.size != count or max(dense.shape, default=0) != count:
        raise ProblemError(
            f"vector {name!r} has {dense.size} entries, the matrices have {count} rows; write it"
            " with the same unknowns"
        )
    return np.asarray(dense, dtype=float).reshape(-1)


def set_in(source: Any, name: str, count: int, first: int) -> Ints:
    """The nodes of a set, numbers from `first` on. Raises ProblemError for what is no node."""
    found = np.atleast_1d(np.asarray(_real(_read(source, f"set {name!r}"), f"set {name!r}")))
    numbers = found.astype(float).reshape(-1)
    nodes = numbers - first
    wrong = (nodes != np.floor(nodes)) | (nodes < 0) | (nodes >= count)
    if not len(numbers) or wrong.any():
        said = f"{numbers[wrong][0]:g} in it is none" if wrong.any() else "it is empty"
        raise ProblemError(
            f"set {name!r} must hold numbers of nodes, {first} to {count + first - 1}: {said};"
            " check it, and first= for files that count from 1"
        )
    return np.unique(nodes.astype(np.int64))


def table_in(source: Any, what: str) -> Any:
    """A table of numbers [rows, columns]: coordinates of nodes, or cells."""
    found = _real(_read(source, what), what)
    dense = found.toarray() if sparse.issparse(found) else np.asarray(found)
    if dense.ndim != 2 or not dense.size:
        raise ProblemError(f"{what} is no table; {HINT}")
    return dense
