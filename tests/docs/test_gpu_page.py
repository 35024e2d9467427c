"""The page of the cuda backend runs, on a device that the host stands for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from sna_edge import spline_axis
from sna_edge.core.beside import Calibration

from ..model_kinds import model_on
from ..sna_edge.backends.cuda.host_device import HostDriver, host

__all__ = ["host"]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "gpu.md"


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")
def test_the_page_runs(host: HostDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_, last = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    axes = [spline_axis(name, "kg", 100.0, 500.0, spans=5) for name in ("cement", "water")]
    spread = 0.01 * np.arange(-16.0, 17.0)[None]
    told = Calibration(n_residuals=1000, quantiles=spread, floor=np.zeros(1))
    model = model_on(axes).replace(calibration=told)
    model.save("strength.sna")
    space = {"rows": np.array([[250.0, 180.0], [300.0, 200.0]])}
    exec(compile(first, "gpu.md", "exec"), space)
    exec(compile(last.replace("1_000_000_000", "5_000"), "gpu.md", "exec"), space)
    found, x = space["found"], np.random.default_rng(0).uniform(size=(20_000, 2))
    y = model.value(np.array([200.0, 100.0]) + x * np.array([200.0, 400.0]))
    assert found.count == 5_000
    assert abs(found.mean - y.mean()) < 5 * y.std() / np.sqrt(5_000)
    assert found.bins.sum() + found.below + found.above == 5_000
