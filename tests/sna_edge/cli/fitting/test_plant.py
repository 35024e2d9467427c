"""Options of `fit` for tables of a plant, from the command line."""

import random


def test_a_lag_is_estimated_and_printed(sna, tmp_path):
    path = tmp_path / "t.csv"
    flow = [(7 * i) % 11 for i in range(60)]
    rows = [f"{i},{flow[i]},{flow[i - 2] if i > 1 else 0}" for i in range(60)]
    path.write_text("at,flow,y\n" + "\n".join(rows))
    fit = ["fit", path, "--target", "y", "-o", tmp_path / "m.sna", "--time", "at"]
    said = sna(*fit, "--lag", "flow")
    assert said.code == 0 and "'flow' is taken 2 rows before: left-out error" in said.out
    assert "the first 2 rows have no earlier ones" in said.out
    assert 'lag = ["flow=2"]' in (tmp_path / "m.fit.toml").read_text()
    assert "needs the order" in sna(*fit[:-2], "--lag", "flow=2").err
    assert sna(*fit, "--lag", "flow=2", "--json").json["inputs"] == ["flow 2 rows before"]


def test_readings_below_detection_and_rounding(sna, tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i},{'<9' if 2 * i + i % 3 < 9 else 2 * i + i % 3}" for i in range(40)]
    path.write_text("a,y\n" + "\n".join(rows))
    fit = ["fit", path, "--target", "y", "-o", tmp_path / "m.sna"]
    assert "--below-detection" in sna(*fit).err
    said = sna(*fit, "--below-detection", "--resolution", "1")
    assert said.code == 0 and "y: 4 below what the gauge reads take part as limits" in said.out
    assert "y: rounded to 1, a standard deviation of 0.289" in said.out
    assert sna(*fit, "--below-detection", "--json").json["limits"]["y"]["below"] == 4


def test_known_groups_are_levels(sna, tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i % 13},L{i % 5},{2 * (i % 13) + i % 5 + (i * 7 % 11) / 20}" for i in range(70)]
    path.write_text("a,lot,y\n" + "\n".join(rows))
    fit = ["fit", path, "--target", "y", "-o", tmp_path / "m.sna"]
    assert "name it (--groups)" in sna(*fit, "--known-groups").err
    said = sna(*fit, "--groups", "lot", "--known-groups")
    assert said.code == 0 and "'lot' is an input: 5 known groups" in said.out
    at = ["query", tmp_path / "m.sna", "--at", "a=6"]
    known, new = (sna(*at, f"lot={lot}", "--json").json["outputs"]["y"] for lot in ("L4", "new"))
    assert known["upper"] - known["lower"] < 0.8 * (new["upper"] - new["lower"])


def test_missing_readings_in_every_word(sna, tmp_path):
    path = tmp_path / "t.csv"
    rng, lots = random.Random(0), ("p, x", "q", "")
    rows = []
    for i in range(90):
        a, b = rng.uniform(1, 89), rng.uniform(0, 10)
        cell = "" if i % 7 == 0 else f"{a:.3f}"
        rows.append(
            f'{cell},{b:.3f},"{lots[i % 3]}",{a + b / 2 + 5 * (i % 3) + rng.gauss(0, 1):.3f}'
        )
    path.write_text("a,b,lot,y\n" + "\n".join(rows))
    model = tmp_path / "m.sna"
    fit = ["fit", path, "--target", "y", "--categorical", "lot", "-o", model]
    assert "--missing drop" in sna(*fit).err
    said = sna(*fit, "--missing", "model")
    assert "missing cells take part (a 13, lot 30)" in said.out
    assert "readings that may be missing: a, lot" in sna("info", model).out
    asked = sna("query", model, "--at", "b=3", "lot=q")
    assert asked.code == 0 and "remark: a is missing (usual beside the others" in asked.out
    assert sna("query", model, "--at", "a=5", "lot=q").code == 2
    answered = sna("query", model, "--table", path, "-o", tmp_path / "o.csv")
    assert answered.code == 0 and "90 rows answered" in answered.out
    assert "a is missing" in (tmp_path / "o.csv").read_text()
    found = sna("inverse", model, "--unknown", "a", "--target", "y=40", "--at", "b=3", "lot=q")
    assert found.code == 0, found.err
    limits = tmp_path / "l.toml"
    limits.write_text("[outputs.y]\nLSL = -1000\nUSL = 1000\n")
    watched = sna("watch", model, "--limits", limits, "--table", path)
    assert watched.out.count('"remark": "a is missing') == 13
    assert watched.out.count("NO VERDICT") < 45
