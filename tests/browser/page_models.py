"""Models whose pages are looked at, each with rows, and what `sna-edge query` says of them."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from sna_edge import Axis, Model, Output, level_axis, spline_axis
from sna_edge.cli.main import main
from sna_edge.core.beside import Derived, RawReading, Readings, Term
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity
from sna_export.page.command import lead
from sna_export.page.content import Rows, about, asked
from sna_export.page.shell import render

from ..model_kinds import KINDS, model_on, spline_model

HOSTILE = "</script><b>\"x'&{}é漢😀\u202e`;$(reboot)\\ a=b,c#<!-- [mm]"[:60]
ROWS = 400


def rows_of(model: Model, count: int = ROWS, noise: float = 0.05) -> Rows:
    """Random rows of the domain, measured with noise; those of `asked` inputs."""
    rng = np.random.default_rng(2)
    axes = asked(model)
    x = np.stack([_column(a, count, rng) for a in axes], axis=1)
    y = model.evaluate(dict(zip((a.name for a in axes), x.T, strict=True)), level_index=True).value
    spread = np.nanstd(y, axis=0)
    return Rows(x, y + noise * spread * rng.normal(size=y.shape))


def _column(axis: Axis, count: int, rng: np.random.Generator) -> np.ndarray:
    if axis.kind == "categorical":
        return rng.integers(0, axis.basis.n_spans, count).astype(float)
    place = 10.0 ** -np.floor(np.log10(axis.width / 100.0))
    raw = axis.lower + rng.random(count) * axis.width
    return np.clip(np.round(raw * place) / place, axis.lower, axis.upper)


def with_worth(model: Model) -> Model:
    """With intervals at any level and a familiarity."""
    rows = rows_of(model, 600)
    value = model.evaluate(rows.inputs, level_index=True).value
    found = calibrated(model, rows.inputs, rows.outputs, value).model
    return with_familiarity(found, rows.inputs)


def eight() -> Model:
    """Eight inputs, 32 modes, an interval that follows the inputs, familiarity."""
    return with_worth(spline_model(8, 16, 32))


def levels() -> Model:
    """Levels, a periodic input, two outputs, one a share; nothing beside the values."""
    return KINDS["mixed axes"]()


def one() -> Model:
    """One input, and the interval of its file."""
    from sna_edge import Interval

    model = model_on([spline_axis("time", "s", 0.0, 10.0)], modes=1)
    return model.replace(outputs=[Output("height", "m", interval=Interval(0.8, 0.1, 0.2))])


def computed() -> Model:
    """An input that is a product of another one and a raw reading."""
    axes = [spline_axis("power", "W", 100.0, 400.0), spline_axis("energy", "J", 1.0, 40.0)]
    model = model_on(axes, modes=3, outputs=[Output("depth", "um")])
    formula = Derived(1, "product", (Term(0, 1.0), Term(0, 1.0, raw=True)), 1.0)
    readings = Readings(np.zeros(2), (RawReading("dwell", "s", 0.01, 0.1),), (formula,))
    return model.replace(readings=readings)


def hostile() -> Model:
    """Names, units and levels that would be markup or commands."""
    axes = [
        spline_axis(HOSTILE, "<u>&\"'", -1.0, 1.0),
        level_axis("--at=x", ("<i>a</i>", 'b, "c"', "$(x) 'd'")),
    ]
    return model_on(axes, modes=2, outputs=[Output(f"{HOSTILE}!", "</style>")])


def binary() -> Model:
    """ok or nok of a share."""
    model = KINDS["link logistic"]()
    weights = model.interaction.weights[:, :1]
    return model.replace(
        interaction=model.interaction.with_tables(model.interaction.tables, weights),
        outputs=[Output("ok?", link="logistic")],
        metadata={"classes": [_labels("binary", ["nok", "ok"], ["ok?"])]},
    )


def several() -> Model:
    """Three labels that share a whole."""
    model, names = KINDS["cp 3 outputs"](), ["a", "b", "c"]
    return model.replace(
        outputs=[Output(name, link="exp") for name in names],
        metadata={"classes": [_labels("several", ["fine", "rough", "<b>"], names)]},
    )


def _labels(kind: str, labels: list[str], outputs: list[str]) -> dict[str, object]:
    return {
        "target": "result", "kind": kind, "labels": labels, "outputs": outputs, "threshold": 0.6,
    }  # fmt: skip


MODELS: dict[str, Callable[[], Model]] = {
    "eight": eight,
    "levels": levels,
    "three outputs": KINDS["cp 3 outputs"],
    "link": KINDS["link exp"],
    "train": KINDS["train"],
    "one": one,
    "twenty": partial(spline_model, 20, 8, 4),
    "computed": computed,
    "hostile": hostile,
    "binary": binary,
    "several": several,
}


def page_of(model: Model, folder: Path, name: str = "model") -> Path:
    """The page of the model in `folder`, its file beside it."""
    model.save(folder / f"{name}.sna")
    data = (folder / f"{name}.sna").read_bytes()
    content = about(model, name, file=f"{name}.sna", rows=rows_of(model))
    path = folder / f"{name}.html"
    path.write_text(render(name, lead(model), content, data), encoding="utf-8")
    return path


def answered(command: str, folder: Path) -> list[str]:
    """What the command prints in the folder of the model's file, by the reference: a native backend
    multiplies in float32, which may move the last digit that is printed."""
    words = shlex.split(command)
    assert words[:2] == ["sna-edge", "query"]
    words[2] = str(folder / words[2])
    out = io.StringIO()
    with redirect_stdout(out):
        main([*words[1:], "--backend", "numpy"])
    return out.getvalue().splitlines()


__all__ = ["HOSTILE", "MODELS", "answered", "page_of", "replace", "rows_of"]
