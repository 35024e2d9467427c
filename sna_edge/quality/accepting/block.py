"""The readings of one call of a line, on their way to verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...learning.learner import Passed
from ...model import Evaluation
from ..computed import Refused
from ..verdict import Judged
from .acceptance import Sure

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Block:
    """`rows` [N]: numbers, or a sentence that says what is wrong; x [N, D] as they are judged,
    `given` before they were `moved` [N, D] to a border. {row: ..}: `refused` ones, what is
    `lacking`, why so few readings give no verdict (`unread`). `sent`: they come back as they came.
    """

    rows: list[list[float] | str]
    x: Floats
    given: Floats
    moved: NDArray[np.bool_] | None
    refused: Refused
    lacking: Mapping[int, str]
    unread: Mapping[int, str]
    found: Evaluation
    passed: Passed
    judged: Judged
    sure: Sure | None
    sent: bool


def remarked(answer: dict[str, Any], sentence: str) -> None:
    """Say it before what is remarked already."""
    answer["remark"] = "; ".join(filter(None, (sentence, answer.get("remark"))))
