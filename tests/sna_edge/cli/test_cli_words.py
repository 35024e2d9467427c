"""The other words of the command line on a known model, and what all words have in common."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import sna_edge
from sna_edge.cli.failures import explain
from sna_edge.cli.main import WORDS, build, main, shipped


def test_every_word_is_shipped():
    assert shipped() == list(WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_explains_itself(sna, word):
    said = sna(word, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: sna-edge {word}")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fry"],
        ["info"],
        ["query", "--nothing"],
        ["quantize", "m.sna", "--to", "int4", "-o", "x"],
    ],
)
def test_usage_errors_leave_with_two(sna, words):
    said = sna(*words)
    assert said.code == 2
    assert "--help" in said.sentence()


def test_info_describes_inputs_and_outputs(sna, model_file):
    found = sna("info", model_file, "--json").json
    assert found["bytes"] == model_file.stat().st_size
    described = [(i["name"], i["unit"], i["lower"], i["upper"]) for i in found["inputs"][:2]]
    assert described == [("power", "W", 100, 400), ("speed", "m/s", 0.5, 1.5)]
    assert found["inputs"][2]["levels"] == ["A", "B"]
    assert [o["link"] for o in found["outputs"]] == ["identity", "exp"]
    text = sna("info", model_file).out
    assert "power" in text
    assert "{A, B}" in text


def test_verify_names_the_broken_rule(sna, model_file, tmp_path):
    good = sna("verify", model_file, "--json")
    assert (good.code, good.json["status"], good.json["golden"]["numpy"]) == (0, "ok", "passed")
    damaged = bytearray(model_file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    bad = tmp_path / "bad.sna"
    bad.write_bytes(damaged)
    said = sna("verify", bad, "--json")
    assert said.code == 2
    assert said.json["status"] == "corrupt"
    assert said.json["rule"]
    assert len(said.err.splitlines()) == 1


def test_bench_measures(sna, model_file):
    found = sna("bench", model_file, "--backend", "numpy", "--json").json
    assert found["backend"] == "numpy"
    assert 0 < found["single_us_p50"] <= found["single_us_p99"]
    assert found["batch_per_s"] > 1000
    assert found["load_ms"] > 0


def test_doctor_says_which_backend_serves_and_why_others_do_not(sna):
    found = sna("doctor", "--json").json
    assert found["backends"]["numpy"] == "works"
    assert found["backends"][found["active"]] == "works"
    assert all(word == "works" or ";" in word for word in found["backends"].values())


@pytest.mark.parametrize("to", ["float16", "int16", "int8"])
def test_quantize_writes_what_it_says(sna, model_file, tmp_path, to):
    out = tmp_path / "small.sna"
    said = sna("quantize", model_file, "--to", to, "-o", out, "--json")
    assert said.code == 0
    assert set(said.json["dtypes"].values()) == {to}
    assert said.json["bytes"] == out.stat().st_size
    small, large = sna_edge.load(out), sna_edge.load(model_file)
    point = {"power": 200.0, "speed": 1.0, "spot": "B"}
    span = 120.0  # of width, by hand: 75 + 10 + 5, and more
    assert (
        abs(small.value(point)[0] - large.value(point)[0])
        <= max(said.json["max_error"], 1e-12) * span
    )


def test_quantize_keeps_the_asked_error(sna, model_file, tmp_path):
    said = sna(
        "quantize",
        model_file,
        "--to",
        "auto",
        "--max-error",
        "1e-4",
        "-o",
        tmp_path / "small.sna",
        "--json",
    )
    assert said.code == 0
    assert said.json["max_error"] <= 1e-4


def test_quantize_says_what_it_had_to_store_wider(sna, tmp_path):
    axes = [sna_edge.spline_axis(name, "", 0.0, 1.0, spans=6) for name in "ab"]
    tables = [np.random.default_rng(d).normal(size=(9, 4)) for d in range(2)]
    sna_edge.Model(axes, sna_edge.CP.full(tables, np.ones((4, 1))), [sna_edge.Output("y")]).save(
        tmp_path / "plain.sna"
    )
    said = sna(
        "quantize",
        tmp_path / "plain.sna",
        "--to",
        "int8",
        "--max-error",
        "1e-6",
        "-o",
        tmp_path / "wide.sna",
        "--json",
    )
    assert said.code == 0 and said.json["max_error"] <= 1e-6
    assert any("kept wider than int8" in text for text in said.json["remarks"])


def diagonal(tmp_path, count: int = 60) -> list[str]:
    """A model whose inputs go together, and a table of such rows with other columns beside them."""
    axes = [sna_edge.spline_axis(name, "", 0.0, 1.0, spans=8) for name in "ab"]
    line = np.exp(np.linspace(0, 1, 11))[:, None]
    interval = sna_edge.Interval(0.9, 0.1, 0.1, "output")
    output = sna_edge.Output("y", link="exp", interval=interval)
    products = sna_edge.CP.full([line ** [1, 0], line ** [0, 1]], np.array([[12.0], [-12.0]]))
    sna_edge.Model(axes, products, [output]).save(tmp_path / "m.sna")
    rows = [f"{i},{i / count:.3f},{(i + 0.4) / count:.3f}" for i in range(count)]
    (tmp_path / "rows.csv").write_text("\n".join(["part,b,a", *rows, "99,7,7", "100,x,0.5"]))
    return ["quantize", tmp_path / "m.sna", "--to", "int8", "-o", tmp_path / "small.sna", "--json"]


def test_quantize_measures_widths_at_rows_it_is_given(sna, tmp_path):
    words = diagonal(tmp_path)
    alone = sna(*words).json["remarks"]
    assert any("of y 0.2 -> " in text and "--data" in text for text in alone)
    said = sna(*words, "--data", tmp_path / "rows.csv")
    assert said.code == 0 and said.json["remarks"] == []
    assert sna_edge.load(tmp_path / "small.sna").outputs[0].interval.below < 0.2


def test_quantize_refuses_rows_that_say_nothing(sna, tmp_path):
    words = diagonal(tmp_path)
    (tmp_path / "rows.csv").write_text("a,b\n7,7\n8,8\n")
    said = sna(*words, "--data", tmp_path / "rows.csv")
    assert said.code == 2 and "no row inside the domain" in said.sentence()
    (tmp_path / "rows.csv").write_text("a,c\n0.1,0.2\n")
    said = sna(*words, "--data", tmp_path / "rows.csv")
    assert said.code == 2 and "no column 'b'" in said.sentence()
    assert not (tmp_path / "small.sna").exists()


def test_output_folder_is_checked_before_the_work(sna, model_file, tmp_path):
    said = sna("quantize", model_file, "--to", "int8", "-o", model_file)
    assert said.code == 2 and "which would be lost" in said.sentence()
    said = sna("quantize", model_file, "--to", "int8", "-o", tmp_path / "no" / "x.sna")
    assert said.code == 2
    assert "does not exist" in said.sentence()


def test_inverse_finds_all_roots(sna, model_file):
    said = sna(
        "inverse",
        model_file,
        "--target",
        "width=95",
        "--unknown",
        "power",
        "--at",
        "speed=1",
        "spot=B",
        "--json",
    )
    assert said.code == 0
    assert [s["power"] for s in said.json["solutions"]] == pytest.approx([200.0], rel=1e-6)


def test_inverse_of_two_unknowns_gives_many(sna, model_file):
    words = [
        "inverse",
        model_file,
        "--target",
        "width=95",
        "--unknown",
        "power,speed",
        "--at",
        "spot=B",
        "--count",
        "8",
        "--json",
    ]
    said = sna(*words)
    assert said.code == 0
    found = {(s["power"], s["speed"]) for s in said.json["solutions"]}
    assert len(found) == 8
    for power, speed in found:
        assert 50 + power / 4 - 10 * speed + 5 == pytest.approx(95, abs=1e-3)


def test_inverse_out_of_reach_is_three(sna, model_file):
    said = sna(
        "inverse",
        model_file,
        "--target",
        "width=950",
        "--unknown",
        "power",
        "--at",
        "speed=1",
        "spot=B",
        "--json",
    )
    assert said.code == 3
    assert said.json["status"] == "unreachable"
    assert said.json["solutions"] == []


def test_a_missing_extra_is_one_sentence():
    sentence, status, code = explain(ModuleNotFoundError("no", name="torch"))
    assert "pip install 'sna-edge[torch]'" in sentence
    assert (status, code) == ("unsupported", 2)


def test_an_unexpected_fault_is_one_and_no_traceback():
    sentence, _, code = explain(RuntimeError("odd"))
    assert code == 1
    assert "odd" in sentence


def test_one_word_imports_one_module():
    code = (
        "import sys; from sna_edge.cli.main import build; build(['info']);"
        " print('sna_edge.cli.words.query' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert build(["info"]).prog == "sna-edge"


def test_module_and_pipe(model_file):
    done = subprocess.run(
        [sys.executable, "-m", "sna_edge", "info", str(model_file)], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "power" in done.stdout


def test_a_warning_is_one_sentence(monkeypatch, tmp_path):
    """Without the path and line of the code that warns; `showwarning` writes what `formatwarning`
    makes."""
    from sna_edge.cli.words import doctor

    shown = []

    def warned(args):
        shown.append(warnings.formatwarning("modes cancel", UserWarning, "a.py", 3))
        return 0

    monkeypatch.setattr(doctor, "run", warned)
    before = warnings.formatwarning
    assert main(["doctor"]) == 0
    assert shown == ["sna-edge doctor: modes cancel\n"]
    assert warnings.formatwarning is before


def test_a_full_or_read_only_disk_is_named_with_the_next_step():
    full, locked = OSError(28, "No space left", "m.sna"), OSError(30, "Read-only", "/rom/m.sna")
    assert "cannot write m.sna: no space is left on its disk" in explain(full)[0]
    assert "mounted read-only; choose another path" in explain(locked)[0]


def test_ctrl_c_while_a_word_is_imported_is_one_sentence(monkeypatch, capsys):
    def interrupted(words):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["sna_edge.cli.main"], "build", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "sna-edge: stopped\n"
