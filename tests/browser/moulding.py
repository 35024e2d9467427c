"""A page of a model of a moulding machine, with intervals, familiarity and measured rows, and how
its views are asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge import Model, Output, level_axis, spline_axis
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity.build import with_familiarity
from sna_export.page.content import Rows, about
from sna_export.page.evidence import judged_by, quality
from sna_export.page.shell import render

from ..model_kinds import model_on

Visit = Callable[..., Any]


class Made:
    """A page of a model with intervals, familiarity and measured rows."""

    def __init__(self, path: Path) -> None:
        axes = [
            spline_axis("speed", "mm/s", 20.0, 120.0, spans=4),
            spline_axis("pressure", "bar", 300.0, 900.0, spans=3),
            spline_axis("temperature", "degC", 180.0, 260.0, spans=3),
            level_axis("material", ["PP", "PE"]),
        ]
        outputs = [Output("weight", "g", scale=2.0, offset=40.0), Output("length", "mm", offset=90)]
        plain = model_on(axes, modes=5, outputs=outputs, seed=2)
        rng = np.random.default_rng(0)
        self.x = np.stack(
            [rng.uniform(a.lower, a.upper, 400) if a.level_names == () else rng.integers(0, 2, 400)
             for a in axes], axis=1,
        )  # fmt: skip
        value = plain.value(self.x, level_index=True)
        noise = rng.normal(size=value.shape) @ np.array([[0.25, 0.1], [0.0, 0.2]])
        self.measured = value + noise
        told = calibrated(plain, self.x, self.measured, value).model
        self.model: Model = with_familiarity(told, self.x)
        content = about(self.model, "moulding", rows=Rows(self.x, self.measured))
        judged = judged_by(self.model, self.x, self.measured)
        content["quality"] = quality(judged, "The rows of a test.", held=False)
        path.write_text(render("moulding", "a test", content, self.model.to_bytes()))
        self.path = path

    def names(self, x: list[float]) -> dict[str, Any]:
        """A setting as a person gives it."""
        return {
            a.name: a.level_names[int(v)] if a.level_names else v
            for a, v in zip(self.model.axes, x, strict=True)
        }


def shown(visit: Visit, made: Made, view: str, **options: Any) -> Any:
    """The page with a view open."""
    seen = visit(made.path, **options)
    seen.until("document.body.dataset.state === 'ready'")
    seen.page.locator(f"#tab-{view}").click()
    seen.drawn()
    return seen


def state(seen: Any) -> list[float]:
    """The setting of the page."""
    found: list[float] = seen.page.evaluate("[...sna.setting]")
    return found


def numbers(text: str) -> list[float]:
    """Numbers of a text, names left out."""
    return [float(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]\d+)?", text)]


def field(seen: Any, selector: str, text: str) -> None:
    """A number typed into a field and confirmed."""
    seen.page.fill(selector, text)
    seen.page.press(selector, "Enter")
    seen.drawn()


def inside(made: Made, x: list[float], limits: Mapping[int, tuple[float, float]]) -> float:
    """Probability of all limited outputs."""
    low, high = np.full(2, -np.inf), np.full(2, np.inf)
    for k, (a, b) in limits.items():
        low[k], high[k] = a, b
    told = made.model.predictive(np.array([x]), level_index=True)
    return float(told.joint_probability(low, high)[0])
