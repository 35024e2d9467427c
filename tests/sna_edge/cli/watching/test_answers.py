"""Answers as lines: readings in their own digits, rows of another table between them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from sna_edge.cli.watching.answers import write
from sna_edge.quality.encoded import quotable


def written(
    answers: list[dict[str, Any]], texts: list[bytes], capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """The lines that are written, without their ends."""
    watched: Any = SimpleNamespace(told="}", log=None, against=None, form="")
    write(answers, watched, texts)
    return capsys.readouterr().out.splitlines()


def test_a_reading_is_quoted_and_a_row_of_another_table_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    part = {"line": 1, "reading": {"power": 200.5}}
    row = {"measured_line": 2, "measured": {}, "reading": {"measured": {}}}
    first, second = written([part, row], [b'{"power": 200.50}', b""], capsys)
    assert first == '{"line": 1, "reading": {"power": 200.50}}'
    assert json.loads(second)["reading"] == {"measured": {}}


@pytest.mark.parametrize("line", [b'{"a": NaN}', b'{"a": "\xc3\xa4"}', b'{"a":\r1}'])
def test_what_is_no_plain_json_is_not_quoted(line: bytes) -> None:
    assert quotable(b'{"a": 1}') and not quotable(line)
