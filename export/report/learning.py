"""The plot of a learning curve."""

from __future__ import annotations

from sna_edge.core.output import Output
from sna_edge.values.learning_told import LearningCurve

from .svg import Plot


def learning_plot(output: Output, curve: LearningCurve, rmse: float | None) -> str:
    """RMSE on held-out rows over the rows fitted to, with standard errors; `rmse`: that of the
    model out of fold, as a dashed line."""
    most = max(e + s for e, s in zip(curve.rmse, curve.se, strict=True))
    most = max(most, rmse or 0.0) or 1.0
    unit = f" [{output.unit}]" if output.unit else ""
    plot = Plot(
        (0, 1.06 * curve.rows[-1]),
        (0, 1.1 * most),
        title=f"{output.name}: learning curve",
        xlabel="rows fitted to",
        ylabel=f"RMSE on held-out rows{unit}",
    )
    for n, e, s in zip(curve.rows, curve.rmse, curve.se, strict=True):
        plot.line([n, n], [max(e - s, 0.0), e + s], 0)
    plot.line(curve.rows, curve.rmse, 0, name="quick fits").dots(
        curve.rows, curve.rmse, 0, radius=3.5
    )
    if rmse is not None:
        plot.line(plot.x, [rmse, rmse], 5, dashed=True, name="this model, out of fold")
    return plot.render()
