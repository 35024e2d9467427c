"""The word `inverse`: stable words, JSON alone on stdout, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sna_edge import Model, load
from sna_edge.cli import main

KNOWN = ["--at", "speed=0.9", "alloy=316L"]


@pytest.fixture
def path(tracks: Model, tmp_path: Path) -> str:
    tracks.save(tmp_path / "tracks.sna")
    return str(tmp_path / "tracks.sna")


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object], str]:
    code = main(["inverse", *arguments, "--json"])
    out, error = capsys.readouterr()
    return code, json.loads(out), error


def test_one_unknown_gives_all_roots(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, error = ask(capsys, path, "--target", "width=90", "--unknown", "power", *KNOWN)
    assert (code, answer["status"], error) == (0, "ok", "")
    (solution,) = answer["solutions"]  # type: ignore[misc]
    assert load(path, backend="numpy").value({**solution, "speed": 0.9, "alloy": "316L"})[
        0
    ] == pytest.approx(90.0, abs=1e-9)


def test_several_unknowns_give_diverse_solutions(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = ask(
        capsys, path, "--target", "width=90", "--unknown", "power,speed,alloy", "--count", "12"
    )
    assert (code, answer["status"]) == (0, "several")
    solutions = answer["solutions"]
    assert len(solutions) == 12 and {s["alloy"] for s in solutions} == {"316L", "IN718"}  # type: ignore[arg-type,union-attr,index]
    for s in solutions:  # type: ignore[union-attr,attr-defined]
        assert load(path, backend="numpy").value(s)[0] == pytest.approx(90.0, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["--target", "width=900", "--unknown", "power", *KNOWN], 3, "unreachable"),
        (
            ["--target", "width=900", "--unknown", "power,speed", "--at", "alloy=316L"],
            3,
            "unreachable",
        ),
        (
            ["--target", "width=90", "--unknown", "power", "--at", "speed=5", "alloy=316L"],
            3,
            "out_of_domain",
        ),
        (
            ["--target", "width=90", "--unknown", "power", "--at", "speed=1", "alloy=Ti64"],
            3,
            "out_of_domain",
        ),
        (["--target", "width=nan", "--unknown", "power", *KNOWN], 2, "bad_input"),
        (
            ["--target", "width=90", "--unknown", "power", "--at", "speed=fast", "alloy=316L"],
            2,
            "bad_input",
        ),
        (["--target", "height=90", "--unknown", "power", *KNOWN], 2, "bad_input"),
        (["--target", "width=90", "--unknown", "laser", *KNOWN], 2, "bad_input"),
        (["--target", "width=90", "--unknown", "power", "--at", "speed=1"], 2, "bad_input"),
        (["--target", "width=90", *KNOWN], 2, "bad_input"),
        (["--unknown", "power", *KNOWN], 2, "bad_input"),
        (
            [
                "--target",
                "width=90",
                "--unknown",
                "power,speed",
                "--at",
                "alloy=316L",
                "--count",
                "0",
            ],
            2,
            "bad_input",
        ),
        (
            ["--target", "width=90", "--unknown", "power", *KNOWN, "--deadline-ms", "-1"],
            2,
            "bad_input",
        ),
        (
            [
                "--target",
                "width=90",
                "--unknown",
                "power,speed",
                "--at",
                "alloy=316L",
                "--seed",
                "-1",
            ],
            2,
            "bad_input",
        ),
        (
            ["--target", "width=85:95", "--unknown", "power,speed", "--at", "alloy=316L"],
            2,
            "bad_input",
        ),
        (["--target", "width=95:85", "--unknown", "power", *KNOWN], 2, "bad_input"),
        (["--target", "height=min", "--unknown", "power", *KNOWN], 2, "bad_input"),
        (["--target", "width=900:950", "--unknown", "power", *KNOWN], 3, "unreachable"),
    ],
)
def test_what_cannot_be_answered(
    path: str, arguments: list[str], code: int, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, answer, error = ask(capsys, path, *arguments)
    assert (found, answer["status"]) == (code, status)
    assert bool(error) == (code == 2) and "Traceback" not in error
    if status == "unreachable":
        assert set(answer["nearest"]) == {"at", "value"}  # type: ignore[call-overload]


def test_words_for_people(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inverse", path, "--target", "width=90", "--unknown", "power", *KNOWN]) == 0
    assert capsys.readouterr().out.startswith("power = ")
    assert main(["inverse", path, "--target", "width=900", "--unknown", "power", *KNOWN]) == 3
    assert "unreachable: width = 900 is not reached" in capsys.readouterr().out


def test_intervals_and_extremes(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = load(path, backend="numpy")
    code, answer, _ = ask(capsys, path, "--target", "width=85:95", "--unknown", "power", *KNOWN)
    ((low, high),) = (piece["power"] for piece in answer["intervals"])  # type: ignore[attr-defined]
    assert code == 0 and [
        model.value({"power": p, "speed": 0.9, "alloy": "316L"})[0] for p in (low, high)
    ] == pytest.approx([85.0, 95.0])
    for word, power in (("min", 100.0), ("max", 400.0)):
        code, answer, _ = ask(
            capsys, path, "--target", f"width={word}", "--unknown", "power", *KNOWN
        )
        assert code == 0 and answer["at"] == {"power": power}
    assert main(["inverse", path, "--target", "width=85:95", "--unknown", "power", *KNOWN]) == 0
    assert capsys.readouterr().out.startswith("power from ")
    assert main(["inverse", path, "--target", "width=max", "--unknown", "power", *KNOWN]) == 0
    assert capsys.readouterr().out.startswith("power = 400 W gives width = ")


def test_observations_and_advice(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = load(path, backend="numpy")
    rows = ["speed,alloy,width,depth"]
    for speed in (0.5, 0.9, 1.5):
        y = model.value({"power": 230.0, "speed": speed, "alloy": "316L"})
        rows.append(f"{speed},316L,{y[0]},{y[1] if speed < 1 else ''}")
    (tmp_path / "seen.csv").write_text("\n".join(rows))
    seen = ["--observations", str(tmp_path / "seen.csv"), "--noise", "0.5", "--unknown", "power"]
    code, answer, _ = ask(capsys, path, *seen)
    assert code == 0 and answer["solutions"][0]["power"] == pytest.approx(230.0, abs=0.5)  # type: ignore[index]
    code, answer, _ = ask(
        capsys, path, *seen, "--posterior", "200", "--prior", "power=normal:230,5"
    )
    assert code == 0 and len(answer["solutions"]) == 200 and answer["effective_samples"] >= 200  # type: ignore[arg-type,operator]
    limits = [
        "--limits",
        "width=85:95",
        "--knobs",
        "power,speed",
        "--part",
        "power=390",
        "speed=0.5",
        "alloy=316L",
    ]
    code, answer, _ = ask(capsys, path, *limits)
    assert code == 0 and 85.0 <= answer["after"]["width"]["value"] <= 95.0  # type: ignore[index]
    assert main(["inverse", path, *limits]) == 0 and "set power to" in capsys.readouterr().out
    assert main(["inverse", path, *seen]) == 0 and "power = 230" in capsys.readouterr().out
    assert ask(capsys, path, "--limits", "width=9000:", *limits[2:])[0] == 3
    for wrong in (
        seen[:4],
        [*seen, "--target", "width=9"],
        [*limits[:2], "--knobs", "power"],
        [*seen, "--prior", "power=flat:1"],
    ):
        assert ask(capsys, path, *wrong)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["--target", "width=90", "--unknown", "power", *KNOWN, "--noise", "1"], "--noise"),
        (
            ["--target", "width=90", "--unknown", "power", *KNOWN, "--posterior", "100"],
            "--posterior",
        ),
        (["--target", "width=90", "--unknown", "power", *KNOWN, "-o", "out.csv"], "-o"),
        (
            [
                "--limits",
                "width=85:95",
                "--knobs",
                "power",
                "--part",
                "power=390",
                "speed=1",
                "alloy=316L",
                *KNOWN,
            ],
            "--at",
        ),
        (
            [
                "--limits",
                "width=85:95",
                "--knobs",
                "power",
                "--part",
                "power=390",
                "speed=1",
                "--unknown",
                "power",
            ],
            "--unknown",
        ),
        (
            ["--observations", "seen.csv", "--noise", "1", "--unknown", "power", "--count", "3"],
            "--count",
        ),
    ],
)
def test_an_option_of_another_question_is_refused(
    path: str, arguments: list[str], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = ask(capsys, path, *arguments)
    assert code == 2 and f"{flag} cannot be combined" in error
