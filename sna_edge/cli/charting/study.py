"""The rows of a study of a gauge in a table."""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np

from ...errors import InputError
from .columns import Floats, bare_columns


class Study(NamedTuple):
    """A row per measurement: which part, who measured ("" where no column says it), the value."""

    parts: list[str]
    operators: list[str]
    values: Floats


def read_study(
    args: argparse.Namespace, path: str, part: str, value: str, operator: str | None
) -> Study:
    """The columns of those names, in a table of the dialect in `args`; where no `operator` is named
    and no column is called so, one operator has measured all. Raises InputError."""
    who = operator or "operator"
    try:
        numbers, texts = bare_columns(args, path, [value], [part, who])
    except InputError:
        if operator:
            raise
        numbers, texts = bare_columns(args, path, [value], [part])
    y = numbers[value]
    bad = np.flatnonzero(~np.isfinite(y))
    if len(bad):
        raise InputError(
            f"row {bad[0] + 1}, column {value!r} is no number; fill it in or leave the part out,"
            " for every operator must measure every part equally often"
        )
    return Study(texts[part], texts.get(who, [""] * len(y)), y)
