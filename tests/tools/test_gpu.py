"""The script that a device is checked with runs, on a device that the host stands for."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ..sna_edge.backends.cuda import host_device
from ..sna_edge.backends.cuda.host_device import HostDriver, host

__all__ = ["host"]
SPEED = Path(__file__).resolve().parents[2] / "tools" / "speed"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(SPEED), *sys.path])
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    spec = importlib.util.spec_from_file_location("tools_gpu", SPEED / "gpu.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_device_it_says_what_is_missing(
    gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sna_edge.backends.cuda.driver.NAMES", ())
    monkeypatch.setitem(sys.modules, "torch", None)
    assert gpu.main() == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("gpu: backend 'cuda' finds no CUDA device or driver here; ")
    assert told[1:] == ["gpu: torch is not installed; pip install 'sna-edge[torch]'"]


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")
def test_it_measures_and_judges(
    gpu: ModuleType, host: HostDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = gpu.gpu_kernel
    kinds = {"mixed axes": kernel.KINDS["mixed axes"]}
    few = {"ROWS": 500, "SAMPLES": 20_000, "AGREE": 50, "REPEATS": 1, "SINGLES": 5, "KINDS": kinds}
    for name, value in few.items():
        monkeypatch.setattr(kernel, name, value)
    monkeypatch.setattr(kernel.nvrtc, "compiled", host_device.compiled(tmp_path))
    lines = kernel.table()
    found = dict(re.findall(r"^\| ([^|]+) \| ([^|]*) \|", "\n".join(lines[4:]), re.M))
    assert len(found) == 11 and lines[0].startswith("a host; 7 inputs, cubic")
    assert float(found["values beside the C library"].split()[0]) < 1e-6
    assert float(found["ends of intervals beside numpy"].split()[0]) < 1e-5
    assert "value, in memory" in lines[-1] and "beside" not in lines[-1]  # no host is that fast
