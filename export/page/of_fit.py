"""The report of a fit as a page: its blocks are what the tab `How good` begins with, and stand
readable in the file where no script runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.disk import write_whole
from sna_edge.model import Model

from ..calibrate.judged import Judged
from ..report.fit_page import fit_page
from ..report.trust import judged_fit
from .command import lead
from .content import Rows, about, asked
from .evidence import quality
from .shell import render

Floats = NDArray[np.float64]
HELD = "Each row is judged by a prediction, a width and quantiles that have not seen it."


def fit_report(
    found: Any,
    *,
    title: str,
    file: str = "model.sna",
    data: bytes | None = None,
    judged: Sequence[Judged] | None = None,
) -> str:
    """The HTML of a fit: `found` and `judged` as fit_page takes them, `data` the bytes of `file`,
    None for those of the model."""
    page = fit_page(found, title=title, judged=judged)
    model = found.model
    content = about(model, title, file=file, rows=fitted_rows(found))
    content["quality"] = quality(judged_fit(found) if judged is None else judged, HELD)
    blocks = "\n".join(b for b in page.blocks[1:] if b)  # the title stands above the tabs
    return render(title, lead(model), content, data or model.to_bytes(), blocks)


def write_report(path: str | Path, found: Any, **told: Any) -> None:
    """`fit_report` into a file, in UTF-8; one that is there stays where that fails."""
    write_whole(path, fit_report(found, **told).encode())


def fitted_rows(found: Any) -> Rows:
    """The rows of a fit with what models said that had not seen them, and its interval around
    that."""
    model: Model = found.model
    names = {name: d for d, name in enumerate(model.input_names)}
    lost = np.full(len(found.inputs), np.nan)
    columns = [found.inputs[:, names[a.name]] if a.name in names else lost for a in asked(model)]
    lower, upper = _ends(model, found.inputs, found.predicted)
    kept = getattr(found, "rows", None)
    row = None if kept is None else np.asarray(kept) + 1
    return Rows(np.stack(columns, axis=1), found.measured, found.predicted, lower, upper, row)


def _ends(model: Model, x: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    """The interval of every row, moved with its prediction from the model's value to that of the
    models that had not seen the row."""
    given = {name: x[:, d] for d, name in enumerate(model.input_names)}  # none is computed anew
    told = model.evaluate(given, level_index=True)
    move = predicted - told.value
    return told.lower + move, told.upper + move
