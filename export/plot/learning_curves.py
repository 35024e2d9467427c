"""The error of a fit by the number of its rows: would more of them help?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.values.fit_told import fit_told
from sna_edge.values.learning_told import LearningCurve, learning_curves

from .asked import outputs_of
from .canvas import BLUE, SOFT, Size, drawn, folded, label, legend, panels, remark


@drawn
def learning(model: Model, *, outputs: str | Sequence[str] | None = None, size: Size = None) -> Any:
    """RMSE on held-out rows over the rows fitted to, with standard errors, a panel for each output
    that has a curve, and below whether more rows would help; the dashed line is the error of the
    model itself out of fold.

    The curve is recorded by the fit. Raises InputError where it was not asked for one.
    """
    told = learning_curves(model.metadata)
    shown = [model.outputs[k] for k in outputs_of(model, outputs)]
    shown = [output for output in shown if output.name in told]
    if not shown:
        raise InputError(
            "the model has no learning curve; fit it with learning_curve=True (--learning-curve)"
        )
    scores = fit_told(model.metadata).get("outputs", {})
    figure, axes = panels(len(shown), (4.6, 2.8), size)
    for ax, output in zip(axes, shown, strict=True):
        _curve(ax, output, told[output.name], scores.get(output.name, {}).get("rmse"))
    _entries(figure)
    remark(figure, [part for o in shown for part in _said(o, told[o.name], len(shown) > 1)])
    return figure


def _said(output: Output, curve: LearningCurve, several: bool) -> list[str]:
    """The sentence in two parts, between which a line may break."""
    first, last = curve.sentence().split(": ")
    return [f"{f'{output.name}: ' if several else ''}{first}: ", f"{last}. "]


def _curve(ax: Any, output: Output, curve: LearningCurve, rmse: float | None) -> None:
    ax.errorbar(curve.rows, curve.rmse, curve.se, color=BLUE, marker="o", ms=4, capsize=2)
    if rmse is not None:
        ax.axhline(rmse, color=SOFT, linewidth=0.9, linestyle="--")
    ax.set_xlim(0.0, 1.06 * curve.rows[-1])
    ax.set_ylim(bottom=0.0)
    ax.set(xlabel="rows fitted to", ylabel=folded(f"RMSE of {label(output)}", 28))
    ax.grid(axis="y")


def _entries(figure: Any) -> None:
    from matplotlib.lines import Line2D

    legend(figure, [
        Line2D([], [], color=BLUE, marker="o", ms=4, label="quick fits"),
        Line2D([], [], color=SOFT, linestyle="--", label="this model, out of fold"),
    ])  # fmt: skip
