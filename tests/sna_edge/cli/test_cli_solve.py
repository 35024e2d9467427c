"""`sna-edge solve`: shipped names, stated files, limits, reports, and what it refuses."""

import json

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_edge.quality import Limit, Line, LineLimits

STATED = """
import numpy as np
from sna_export.solve import Problem, d, space, test_function, unknown
x = space("x", 0.0, 1.0, zero="both")
u, v = unknown(), test_function()
middle = {{"middle": lambda m: float(m(x=0.5)[0])}}
{name} = Problem("rod", (x,), d(u, x) * d(v, x), 2.0 * v, title="A rod", quantities=middle)
"""


def test_list_names_the_shipped_problems(capsys):
    assert main(["solve", "--list", "--json"]) == 0
    names = json.loads(capsys.readouterr().out)["problems"]
    assert list(names) == [
        "poisson",
        "coupled-poisson",
        "heat",
        "burgers",
        "inviscid-burgers",
        "advection-diffusion",
        "beam",
        "lpbf",
    ]
    assert main(["solve", "--list"]) == 0
    assert "Laser powder bed fusion" in capsys.readouterr().out


def test_a_shipped_problem_becomes_a_model_and_a_report(tmp_path, capsys):
    model, report = tmp_path / "heat.sna", tmp_path / "heat.html"
    assert (
        main(
            [
                "solve",
                "heat",
                "-o",
                str(model),
                "--report",
                str(report),
                "--tolerance",
                "1e-5",
                "--json",
            ]
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert (
        found["status"] == "ok"
        and found["error"] <= 1e-5
        and found["estimate"]["worst"] <= 1e-5
        and found["bytes"] == model.stat().st_size
    )
    value = sna_edge.load(model)(x=0.5, t=0.1, diffusivity=1.0)[0]
    assert value == pytest.approx(
        np.exp(-(np.pi**2) * 0.1) - 0.5 * np.exp(-9 * np.pi**2 * 0.1), abs=2e-4
    )
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") >= 2 and "relative L2 error" in page
    assert "<h2>Fields</h2>" in page and "(light) to" in page
    assert "<h2>Error along each axis</h2>" in page and "half of them miss" in page


@pytest.mark.parametrize("name", ["problem", "rod"])
def test_a_stated_file_is_solved_or_asked_for_its_problem(tmp_path, capsys, name):
    file, model = tmp_path / "rod.py", tmp_path / "rod.sna"
    file.write_text(STATED.format(name=name), encoding="utf-8")
    code = main(["solve", str(file), "-o", str(model)])
    said = capsys.readouterr()
    if name == "problem":
        assert code == 0 and "middle: 0.25" in said.out and "sweep" in said.err
        assert sna_edge.load(model)(x=0.25)[0] == pytest.approx(0.1875, abs=1e-6)
    else:
        assert code == 2 and "problem = Problem" in said.err and not model.exists()


UNSOUND = """
from sna_export.solve import Problem, d, parameter, space, test_function, unknown
x, q = space("x", zero="both"), parameter("q", -1.0, 1.0)
u, v = unknown(), test_function()
problem = Problem("bar", (x, q), q * d(u, x) * d(v, x), 1.0 * v)
"""


def test_what_is_not_stable_is_refused_unless_accepted_and_then_the_file_says_so(tmp_path, capsys):
    file, model = tmp_path / "bar.py", tmp_path / "bar.sna"
    file.write_text(UNSOUND, encoding="utf-8")
    assert main(["solve", str(file), "-o", str(model)]) != 0
    assert "changes sign near q = 0" in capsys.readouterr().err and not model.exists()
    main(["solve", str(file), "-o", str(model), "--accept", "--json"])
    assert "changes sign" in json.loads(capsys.readouterr().out)["doubts"][0]
    main(["info", str(model)])
    assert "doubtful: problem 'bar' has no stable solution" in capsys.readouterr().out


COARSE = """
from sna_export.solve import Problem, d, space, test_function, unknown
x, u, v = space("x", spans=16, zero="both"), unknown(), test_function()
problem = Problem("a", (x,), d(u, x) * v + 1e-4 * d(u, x) * d(v, x), 1.0 * v)
"""


def test_an_error_above_what_is_allowed_is_refused_unless_accepted(tmp_path, capsys):
    file, model = tmp_path / "a.py", tmp_path / "a.sna"
    file.write_text(COARSE, encoding="utf-8")
    assert main(["solve", str(file), "-o", str(model)]) == 2 and not model.exists()
    assert "above 1 %" in capsys.readouterr().err
    assert main(["solve", str(file), "-o", str(model), "--accept", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["estimate"]["worst"] > 1 and "above 1 %" in found["doubts"][0]
    assert main(["info", str(model)]) == 0
    assert "estimated error of the solve" in capsys.readouterr().out
    assert main(["query", str(model), "--at", "x=0.5", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["outputs"]["u"]
    assert answer["lower"] < 0.5 < answer["upper"], "the true value is 0.5"
    line = Line(sna_edge.load(model), LineLimits((Limit("u", usl=1e3),)))
    assert line.lines(['{"x": 0.5}'])[0]["remark"].startswith("doubtful model: the error is")


def test_memory_that_runs_out_names_the_remedies_of_a_solve(tmp_path, capsys, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("sna_export.solve.runs.solve_cp", full)
    assert main(["solve", "poisson", "-o", str(tmp_path / "m.sna")]) == 2
    said = capsys.readouterr().err
    assert "--rank-max" in said and "rows" not in said


def test_limits_of_rank_and_time_are_kept(tmp_path, capsys):
    model = tmp_path / "m.sna"
    limited = ["solve", "heat", "-o", str(model), "--rank-max", "2", "--json"]
    assert main(limited) == 2 and "raise --rank-max" in capsys.readouterr().err
    assert main([*limited, "--accept"]) == 0
    assert max(sna_edge.load(model).interaction.ranks) <= 3, (
        "two of the solve, one of the initial condition"
    )
    capsys.readouterr()
    assert main(["solve", "burgers", "-o", str(model), "--time-limit", "0.001", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["status"] == "deadline"


def test_a_deadline_gives_the_best_so_far_with_its_estimate(tmp_path, capsys):
    model = tmp_path / "m.sna"
    assert main(["solve", "burgers", "-o", str(model), "--time-limit", "2.5", "--json"]) in (0, 3)
    found = json.loads(capsys.readouterr().out)
    if found["status"] == "deadline":
        assert model.exists() and found["model"] == str(model)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "-o", "m.sna"], "no shipped problem"),
        (["missing.py", "-o", "m.sna"], "no such file"),
        (["heat"], "-o MODEL"),
        (["heat", "-o", "no/such/folder/m.sna"], "does not exist"),
        (["heat", "-o", "m.sna", "--rank-max", "0"], "not a rank"),
        (["heat", "-o", "m.sna", "--tolerance", "2"], "not a relative tolerance"),
        (["heat", "-o", "m.sna", "--time-limit", "-1"], "not a time"),
        (["heat", "-o", "m.sna", "--modes", "-3"], "no number of products"),
    ],
)
def test_what_is_refused_says_why(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["solve", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nraise ValueError('boom')\n", "line 2: ValueError: boom; correct the file"),
        ("import sna_export.nothere\n", "line 1: ModuleNotFoundError"),
        ("a = 1\ndef problem(:\n", "line 2: invalid syntax"),
        ("def problem():\n    return 1 / 0\n", "line 2: ZeroDivisionError"),
    ],
)
def test_a_mistake_in_a_file_of_the_user_is_named_with_its_line(tmp_path, capsys, text, said):
    file = tmp_path / "mine.py"
    file.write_text(text)
    assert main(["solve", str(file), "-o", str(tmp_path / "m.sna")]) == 2
    assert said in capsys.readouterr().err


def test_a_mistake_in_a_function_of_the_unknown_is_named_with_its_line(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "from sna_export.solve import Problem, d, function_of, space, test_function, unknown\n"
        "x, u, v = space('x', zero='both'), unknown(), test_function()\n"
        "k = function_of(u, lambda T: {}[1])\n"
        "problem = Problem('p', (x,), k * d(u, x) * d(v, x), 1.0 * v)\n"
    )
    assert main(["solve", str(file), "-o", str(tmp_path / "m.sna")]) == 2
    assert "line 3: KeyError: 1; correct the file" in capsys.readouterr().err


def test_the_residual_of_a_non_linear_problem_is_null(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "from sna_export.solve import Problem, d, function_of, space, test_function, unknown\n"
        "x, u, v = space('x', zero='both'), unknown(), test_function()\n"
        "k = function_of(u, lambda T: 1 + T)\n"
        "problem = Problem('p', (x,), k * d(u, x) * d(v, x), 1.0 * v)\n"
    )
    assert main(["solve", str(file), "-o", str(tmp_path / "m.sna"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["residual"] is None and said["newton"][-1]["moved"] < 1e-3
