"""`sna-edge limits`: a threshold of acceptance from measured rows, written into a limits file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sna_edge.cli import main
from sna_edge.quality import read_limits

from ..quality.test_accept_at import scattered

LIMITS = '# of line 3\nedge = "accept"\n\n[outputs.width]\nLSL = 85.0  # um\nUSL = 115.0\n'


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, limits and 900 measured rows, two of them not to be judged."""
    monkeypatch.chdir(tmp_path)
    scattered().save("m.sna")
    Path("limits.toml").write_text(LIMITS, encoding="utf-8")
    rng = np.random.default_rng(0)
    power = rng.uniform(160, 240, 900)
    width = power / 2 + 4 * rng.normal(size=900)
    rows = [f"{p},{w}" for p, w in zip(power, width, strict=True)]
    rows[0], rows[1] = "900,450", "200,"
    Path("rows of a day.csv").write_text("\n".join(["power,width", *rows]) + "\n", encoding="utf-8")
    return tmp_path


def limits(*more: str) -> int:
    words = ["limits", "m.sna", "--limits", "limits.toml", "--table", "rows of a day.csv"]
    return main([*words, *more])


def test_rates_are_compared(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert limits("--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["judged"]) == (900, 898)
    assert [one["rate"] for one in found["rates"]] == [0.01, 0.02, 0.05]
    thresholds = [one["threshold"] for one in found["rates"]]
    assert thresholds == sorted(thresholds, reverse=True) and thresholds[2] < 0.9
    assert all(one["bad"] <= one["rate"] * one["accepted"] for one in found["rates"])
    assert found["rates"][2]["by"] == "rows"


def test_the_threshold_is_written_and_used(
    there: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits("--escape", "5%", "-o", "out.toml") == 0
    text = Path("out.toml").read_text(encoding="utf-8")
    assert text.endswith(LIMITS)
    escape = read_limits("out.toml", scattered()).escape
    assert escape is not None and escape.rate == 0.05 and escape.rows == 898
    capsys.readouterr()
    Path("parts.csv").write_text("power\n200\n", encoding="utf-8")
    words = ["--limits", "out.toml", "--table", "parts.csv"]
    assert main(["watch", "m.sna", *words]) == 0
    accept = json.loads(capsys.readouterr().out)["accept"]
    assert accept["by"] == "rows" and accept["threshold"] == escape.threshold
    scattered(998).save("other.sna")
    assert main(["watch", "other.sna", *words]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["accept"]["by"] == "model"
    assert "was found for another model" in err
    Path("limits.toml").write_text(text, encoding="utf-8")
    assert limits("-o", "again.toml") == 0  # the rate stands in the file
    assert Path("again.toml").read_text(encoding="utf-8") == text


def test_what_cannot_be_found_is_said(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more, said in (
        (("-o", "out.toml"), "-o needs the rate"),
        (("--escape", "0"), "no share between"),
        (("--escape", "80%"), "from 0.000001 to 0.5"),
        (("--escape", "1%", "-o", "limits.toml"), "would be lost"),
        (("--escape", "1%", "-o", "no/out.toml"), "does not exist"),
    ):
        assert limits(*more) == 2
        assert said in capsys.readouterr().err
    rows = Path("rows of a day.csv")
    lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
    rows.write_text("".join(lines[:20]), encoding="utf-8")
    assert limits() == 2
    assert "has 17 rows inside the domain" in capsys.readouterr().err
    rows.write_text("power\n200\n", encoding="utf-8")
    assert limits() == 2
    assert "width" in capsys.readouterr().err
    text = "[escape]\nrate = 0.05\n" + LIMITS.replace('edge = "accept"\n', "")
    Path("limits.toml").write_text(text, encoding="utf-8")
    rows.write_text("".join(lines), encoding="utf-8")
    assert limits("-o", "out.toml") == 2
    assert "write it in one line" in capsys.readouterr().err
    assert not Path("out.toml").exists()
    Path("limits.toml").write_text(LIMITS, encoding="utf-8")
    scattered().replace(calibration=None).save("m.sna")
    assert limits() == 2
    assert "need a model with quantiles of residuals" in capsys.readouterr().err


@pytest.mark.parametrize(("rate", "said"), [(0.01, "measured parts prove it"), (0.001, "2,302")])
def test_what_proves_a_rate_that_the_model_cannot_keep_is_said(
    there: Path, capsys: pytest.CaptureFixture[str], rate: float, said: str
) -> None:
    scattered(60).save("m.sna")
    Path("limits.toml").write_text(f"escape = {rate}\n{LIMITS}", encoding="utf-8")
    Path("parts.csv").write_text("power\n200\n", encoding="utf-8")
    words = ["watch", "m.sna", "--limits", "limits.toml", "--table", "parts.csv"]
    assert main(words) == 0
    assert said in capsys.readouterr().err
