"""Limits of labels: of two a probability, of several none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.core.classes import KEY
from sna_edge.errors import InputError
from sna_edge.quality import read_limits


@pytest.mark.parametrize("entry", ["LSL = 0.5", "LSL = 0.95\nreject = 0.3", "USL = 0.1"])
def test_limits_of_several_labels_are_refused(tmp_path: Path, entry: str) -> None:
    """Before, a part of exp(f) = 3.5 and a share of 43 % met LSL = 0.5."""
    labels = ["nok", "ok", "scrap"]
    outputs = [Output(f"grade:{label}", link="exp") for label in labels]
    told = {"target": "grade", "kind": "several", "labels": labels, "threshold": 0.5}
    classes = [{**told, "outputs": [one.name for one in outputs]}]
    axis = spline_axis("x", "", 0.0, 1.0, spans=1, degree=1)
    model = Model([axis], CP.full([np.eye(2)], np.ones((2, 3))), outputs, metadata={KEY: classes})
    path = tmp_path / "limits.toml"
    path.write_text(f'[outputs."grade:ok"]\n{entry}\n')
    with pytest.raises(InputError, match="of several labels an output is no probability until"):
        read_limits(path, model)
