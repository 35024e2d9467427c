"""Too many inputs or outputs are said before a fit, a solve or an adoption begins, by the name of
the limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sna_edge import Output
from sna_edge.cli import main
from sna_edge.errors import InputError
from sna_export.adopt.adopted import Adopted, Domain
from sna_export.adopt.atoms import polynomials
from sna_export.adopt.distillation import compress
from sna_export.fit import fit, fit_arrays
from sna_export.solve import Problem, parameter, solve, test_function, unknown
from sna_export.table import Table

from ....clock import Clock

X = np.random.default_rng(0).random((2000, 6))
WIDE = X[:, [0] * 66] + X[:, [1] * 66] * np.arange(66)


def adopted(n_axes: int, n_outputs: int = 1) -> Adopted:
    box = tuple(Domain(f"x{d}", "", 0.0, 1.0) for d in range(n_axes))
    line = polynomials(np.array([[0.0], [1.0]]), 0.0, 1.0)
    modes = tuple(np.array([d]) for d in range(n_axes))
    outputs = tuple(Output(f"y{k}") for k in range(n_outputs))
    return Adopted(box, (line,) * n_axes, modes, np.ones((n_axes, n_outputs)), outputs, "lines")


def problem(n_axes: int) -> Problem:
    axes = tuple(parameter(f"p{d}", 1.0, 2.0) for d in range(n_axes))
    return Problem("wide", axes, axes[0] * unknown() * test_function(), 1.0 * test_function())


def table(n_outputs: int) -> Table:
    return Table.of(
        {
            **{f"x{d}": X[:, d].tolist() for d in range(6)},
            **{f"y{k}": WIDE[:, k].tolist() for k in range(n_outputs)},
        }
    )


@pytest.mark.parametrize(
    ("work", "limit"),
    [
        (lambda: fit_arrays(X, WIDE), "MAX_OUTPUTS"),
        (lambda: fit_arrays(X, WIDE[:, :65], time_limit=60.0), "MAX_OUTPUTS"),
        (lambda: fit(table(65), [f"y{k}" for k in range(65)]), "MAX_OUTPUTS"),
        (lambda: adopted(65).compile(), "MAX_AXES"),
        (lambda: adopted(3, 65).compile(), "MAX_OUTPUTS"),
        (lambda: compress(adopted(70)), "MAX_AXES"),
        (lambda: compress(adopted(2, 65)), "MAX_OUTPUTS"),
        (lambda: solve(problem(65)), "MAX_AXES"),
    ],
)
def test_the_limit_is_named_before_any_work(work: Callable[[], object], limit: str) -> None:
    clock = Clock()
    with pytest.raises(InputError, match=limit) as refused:
        work()
    assert ";" in str(refused.value)
    assert clock.seconds < 2.0


def test_sixty_six_targets_are_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They took 158 s and then wrote a file that no reader opens."""
    path = tmp_path / "t.csv"
    path.write_text(
        "a," + ",".join(f"y{k}" for k in range(66)) + "\n1" + ",2" * 66 + "\n2" + ",3" * 66 + "\n"
    )
    targets = [word for k in range(66) for word in ("--target", f"y{k}")]
    assert main(["fit", str(path), *targets, "-o", str(tmp_path / "m.sna")]) == 2
    assert "MAX_OUTPUTS" in capsys.readouterr().err
    assert not (tmp_path / "m.sna").exists()
    assert (
        main(
            [
                "fit",
                str(path),
                "--target",
                ",".join(f"y{k}" for k in range(66)),
                "-o",
                str(tmp_path / "m.sna"),
            ]
        )
        == 2
    )
    assert "MAX_OUTPUTS" in capsys.readouterr().err
