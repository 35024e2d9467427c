"""A fit that takes long says so where there is no terminal, and one that does not is silent."""

from __future__ import annotations

import time
from math import inf

import pytest

from sna_export.progress import Reporter


def test_without_a_terminal_lines_tell_what_a_long_fit_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing at all was written for minutes when the output went to a file."""
    with Reporter(True, inf, every=0.02) as reporter:
        reporter.stage("Gaussian-process teachers", 0.4)
        reporter.say("one product")
        until = time.monotonic() + 120.0
        seen = ""
        while seen.count("\n") < 2 and time.monotonic() < until:
            time.sleep(0.02)
            seen += capsys.readouterr().err
    first = seen.splitlines()[0]
    assert first.startswith("0 s, about ")
    assert first.endswith("s left: Gaussian-process teachers: one product")


@pytest.mark.parametrize("progress", [True, False, None])
def test_a_short_fit_writes_nothing(
    progress: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Reporter(progress, inf) as reporter:
        reporter.stage("fits to the rows", 0.5)
    assert capsys.readouterr().err == ""
