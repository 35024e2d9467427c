"""What a fit says beside its values by default, from how many rows on, and that `plain` leaves it
out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge import from_bytes, load
from sna_edge.cli import main
from sna_edge.core.beside import Role
from sna_export.calibrate import calibrated
from sna_export.fit import FitResult, fit_arrays
from sna_export.threads import one_thread

Floats = NDArray[np.float64]


def rows(n: int) -> tuple[Floats, Floats]:
    """b follows a; errors grow with a."""
    rng = np.random.default_rng(n)
    a = rng.uniform(size=n)
    x = np.c_[a, a + 0.02 * rng.normal(size=n)]
    return x, 1.0 + a + (0.01 + 0.3 * a) * rng.normal(size=n)


@pytest.fixture(scope="module")
def whole() -> FitResult:
    return fit_arrays(*rows(260))


def test_intervals_are_wider_where_errors_are_larger(whole: FitResult) -> None:
    model = from_bytes(whole.model.to_bytes(), "numpy")
    found = model.evaluate([[0.1, 0.1], [0.9, 0.9]])
    narrow, wide = (found.upper - found.lower)[:, 0]
    assert 3 * narrow < wide
    assert whole.report["outputs"]["y"]["width"] in ("prediction", "inputs", "both")
    assert 0.86 <= whole.report["outputs"]["y"]["coverage"] <= 0.94
    assert model.outputs[0].interval is None and model.calibration is not None
    assert model.calibration.n_residuals == 260


def test_metadata_and_report_name_the_coverage_of_the_same_interval(whole: FitResult) -> None:
    told = whole.model.metadata["fit"]["outputs"]["y"]["coverage"]
    assert told == float(f"{whole.report['outputs']['y']['coverage']:.5g}")


def test_inputs_that_never_stood_together_are_less_familiar(whole: FitResult) -> None:
    familiar, never = whole.model.familiarity([[0.5, 0.5], [0.1, 0.9]]).p
    assert never < 0.01 and familiar > 0.5


@pytest.mark.parametrize(("n", "roles"), [(49, []), (100, [Role.SCALE])])
def test_few_rows_get_less(n: int, roles: list[Role]) -> None:
    model = fit_arrays(*rows(n)).model
    assert [c.role for c in model.companions] == roles
    assert (model.calibration is None) == (n < 50)


def test_plain_is_a_file_of_format_1_0_with_the_same_values(whole: FitResult) -> None:
    x, _ = rows(260)
    plain = fit_arrays(*rows(260), plain=True).model
    data = plain.to_bytes()
    assert not plain.companions and plain.calibration is None and data[10] == 0
    assert plain.outputs[0].interval is not None
    np.testing.assert_array_equal(plain(x), whole.model(x))


def test_threads_change_no_byte(whole: FitResult) -> None:
    ways: list[Callable[[], AbstractContextManager[object]]] = [one_thread, nullcontext]
    for way in ways:
        with way():
            assert fit_arrays(*rows(260)).model.to_bytes() == whole.model.to_bytes()


def test_intervals_are_those_of_a_new_group() -> None:
    """Ten groups with an offset each are ten numbers, whatever the number of rows."""
    rng = np.random.default_rng(3)
    group, a = np.repeat(np.arange(10), 12), rng.uniform(size=120)
    y = a + rng.normal(size=10)[group] + 0.1 * (0.5 + a) * rng.normal(size=120)
    found = fit_arrays(a[:, None], y, groups=group.tolist())
    made = calibrated(found.model, found.inputs, found.measured, found.predicted)
    widths = [m.interval_at([[0.5]], 0.9) for m in (found.model, made.model)]
    new, known = ((w.upper - w.lower)[0, 0] for w in widths)
    assert 1.05 < new / known < 1.3  # t of nine over normal at 95 %: 1.11


def test_what_time_does_not_allow_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from sna_edge.numerics.time_budget import TimeBudget

    slow = staticmethod(lambda multiply_adds: 1e3)
    monkeypatch.setattr(TimeBudget, "seconds_of", slow)
    found = fit_arrays(*rows(260), time_limit=30)
    assert {"local widths", "familiarity"} <= set(found.report["cut"])
    assert found.model.metadata["fit"]["cut"] == found.report["cut"]
    assert found.model.calibration is None


def test_the_command_line_says_it_and_leaves_it_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = rows(260)
    table = tmp_path / "t.csv"
    np.savetxt(table, np.c_[x, y], delimiter=",", header="a,b,y", comments="")
    given = ["fit", str(table), "--target", "y", "-o", str(tmp_path / "m.sna")]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "(typical)" in said and "y: covers" in said and "the width follows" in said
    assert "familiarity of 260 rows: unfamiliar where p is 0.005 or less" in said
    assert main([*given, "--plain"]) == 0
    assert "familiarity" not in capsys.readouterr().out
    assert load(tmp_path / "m.sna", "numpy").calibration is None
