"""Settings of a solve: whoever states one that is none is told what to give."""

import pytest

from sna_export.solve import Problem, ProblemError, d, solve, space, test_function, unknown
from sna_export.solve.settings import settings

u, v = unknown(), test_function()


def rod(**defaults):
    x = space("x", spans=2, zero="both")
    return Problem("rod", (x,), d(u, x) * d(v, x), 1.0 * v, defaults=defaults)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("newton_steps", 0, "newton_steps of problem 'rod' is 0; give a whole number, 1 or more"),
        ("newton_steps", 2.5, "give a whole number"),
        ("rank_max", "many", "give a whole number"),
        ("modes", -3, "give a whole number, 0 or more"),
        ("sweeps", True, "give a whole number"),
        ("tolerance", 0.0, "tolerance of problem 'rod' is 0.0; give a number between 0 and 1"),
        ("method", "cp", "use 'train' or 'modes'"),
        ("continuation", "slowly", "give strengths between 0 and 1 on the way"),
        ("continuation", (0.1, 2.0), "give strengths between 0 and 1 on the way"),
        ("form", "weak", "use 'galerkin' or 'residual'"),
        ("newtonsteps", 3, "has a default 'newtonsteps', which no solve takes"),
    ],
)
def test_a_setting_that_is_none_is_refused_with_what_to_give(name, value, said):
    with pytest.raises(ProblemError, match=said):
        solve(rod(**{name: value}))


def test_settings_of_the_call_go_before_those_of_the_problem():
    found = settings(rod(rank_max=3, tolerance=1e-2), {"rank_max": 5, "tolerance": None})
    assert (found["rank_max"], found["tolerance"], found["method"]) == (5, 1e-2, "train")


def test_old_names_are_taken_where_named_and_hide_nothing() -> None:
    from sna_export.solve import test, test_function, time, time_axis

    assert time is time_axis and test is test_function
    taken: dict[str, object] = {}
    exec("import time\nfrom sna_export.solve import *", taken)
    assert "test" not in taken and hasattr(taken["time"], "process_time")
