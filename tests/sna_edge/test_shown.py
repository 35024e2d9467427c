"""What a notebook shows of a model: its numbers, names that are no markup, and never a script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from sna_edge import Interval, Model
from sna_edge.shown import HIGH, _room
from sna_edge.values.naming import unit_once

from ..model_kinds import KINDS, spline_model
from .beside_models import whole

EVERY: dict[str, Callable[[], Model]] = {
    **KINDS,
    "companions": whole,
    "one input": lambda: spline_model(1, 10, 2),
    "many": lambda: spline_model(20, 10, 2, outputs=5),
}


def svg(model: Model) -> ElementTree.Element:
    shown = model._repr_html_()
    return ElementTree.fromstring(shown[shown.index("<svg") : shown.index("</svg>") + 6])


@pytest.mark.parametrize("kind", EVERY)
def test_every_kind_of_model_is_shown(kind: str) -> None:
    model = EVERY[kind]()
    drawn = [g for g in svg(model) if "translate" in g.get("transform", "")]
    assert len(drawn) == min(len(model.axes), 12) * min(len(model.outputs), 3)
    assert len(model._repr_html_()) < 80_000


def test_curves_are_the_model_through_the_middle() -> None:
    model = spline_model(2, 10, 3).replace(
        outputs=[replace(spline_model(2, 10, 3).outputs[0], interval=Interval(0.9, 0.1, 0.2))]
    )
    ns = "{http://www.w3.org/2000/svg}"
    panel = [g for g in svg(model) if g.tag == f"{ns}g"][1]
    curve = next(p for p in panel.iter(f"{ns}path") if p.get("class") == "l").get("d")
    assert curve is not None
    found = [[float(v) for v in pair.split()] for pair in re.split("[ML]", curve)[1:]]
    x0, a1 = (model.axes[0].lower + model.axes[0].upper) / 2, model.axes[1]
    t = np.linspace(a1.lower, a1.upper, len(found))
    y = model.value(np.stack([np.full_like(t, x0), t], axis=1))[:, 0]
    t0 = np.linspace(model.axes[0].lower, model.axes[0].upper, len(found))
    both = [
        model.evaluate(np.stack([t0, np.full_like(t, (a1.lower + a1.upper) / 2)], axis=1)),
        model.evaluate(np.stack([np.full_like(t, x0), t], axis=1)),
    ]
    low, high = _room(both, 0)
    pixels = HIGH * (1 - (y - low) / (high - low))
    assert np.abs(np.array(found)[:, 1] - pixels).max() <= 0.0501  # written to 0.1 pixel


HOSTILE = "<script>alert(1)</script>&\"'<img src=x onerror=alert(2)>"


def test_hostile_names_are_text() -> None:
    model = EVERY["mixed axes"]()
    axes = [replace(a, name=f"{HOSTILE}{i}") for i, a in enumerate(model.axes)]
    axes[3] = replace(axes[3], level_names=(HOSTILE, "b", f"{HOSTILE}2"))
    outputs = [replace(o, name=f"{HOSTILE}{k}", unit="<b>") for k, o in enumerate(model.outputs)]
    shown = model.replace(axes=axes, outputs=outputs)._repr_html_()
    allowed = {"div", "code", "style", "svg", "title", "g", "path", "text", "circle", "small"}
    assert set(re.findall(r"<\s*/?\s*([a-z]+)", shown)) <= allowed
    axes[0] = replace(axes[0], name="\x1b[31m")
    svg(model.replace(axes=axes, outputs=outputs))


def test_a_backend_that_is_missing_is_a_sentence() -> None:
    shown = spline_model(1, 8, 2).with_backend("tflite")._repr_html_()
    assert "<svg" not in shown and "tflite" in shown


def test_units_stand_once() -> None:
    names = {"age_day": "day", "cement_kg_m3": "kg/m3", "power [W]": "W", "power": "W", "W": "W"}
    told = [unit_once(n, u) for n, u in {**names, "flow": "low"}.items()]
    assert told == ["age_day", "cement_kg_m3", "power [W]", "power [W]", "W [W]", "flow [low]"]
