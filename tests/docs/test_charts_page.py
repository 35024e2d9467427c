"""docs/charts.md: its Python runs, its sessions print what they show, all rules stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge.cli import main
from sna_edge.quality.charts import CHARTS, RULES

from ..sna_edge.quality.charts.published import FLOW_WIDTH, FLOW_WIDTH_LATER
from ..sna_edge.quality.test_gage import OPERATOR, PART, VALUES


def page(root: Path) -> str:
    return (root / "docs" / "charts.md").read_text(encoding="utf-8")


def test_the_python_runs(root: Path) -> None:
    exec(compile(re.findall(r"```python\n(.*?)```", page(root), re.S)[0], "charts.md", "exec"), {})


def test_sessions_print_what_they_show(root: Path, tmp_path: Path, capsys: Any) -> None:
    text = page(root)
    widths, study = tmp_path / "widths.csv", tmp_path / "study.csv"
    groups = np.r_[FLOW_WIDTH, FLOW_WIDTH_LATER]
    rows = [f"{i},{y}" for i, group in enumerate(groups) for y in group]
    widths.write_text("wafer,width\n" + "\n".join(rows), encoding="utf-8")
    rows = [f"{p},{o},{v}" for p, o, v in zip(PART, OPERATOR, VALUES, strict=True)]
    study.write_text("part,operator,depth\n" + "\n".join(rows), encoding="utf-8")
    words = ["chart", str(widths), "--column", "width", "--chart", "xbar-r", "--subgroup", "wafer"]
    assert main([*words, "--reference", "25", "--rules", "limits"]) == 4
    assert capsys.readouterr().out in text
    assert main(["gage", str(study), "--value", "depth", "--tolerance", "8"]) == 0
    assert capsys.readouterr().out in text


def test_every_chart_and_rule_has_its_row(root: Path) -> None:
    text = page(root)
    for kind in CHARTS:
        assert f"`{kind}`" in text, kind
    for key, rule in RULES.items():
        assert f"| `{key}` | {rule} |" in text, key
