"""Figures of models with matplotlib (extra `plot`), for notebooks and as SVG, PNG or PDF files.

Each function returns a figure that a notebook shows; `save` writes it, the same bytes for the same
model. Colours differ in lightness as well as in hue.

>>> import sna_edge
>>> from sna_export import plot
>>> axes = [sna_edge.spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
>>> tables = sna_edge.CP.full([[[0], [2]]] * 2)
>>> area = sna_edge.Model(axes, tables, [sna_edge.Output("area", "m2")])
>>> figure = plot.profile(area, {"x": 0.5})
>>> figure.axes[0].get_xlabel(), figure.axes[0].lines[0].get_ydata()[-1].round(9).item()
('x [m]', 2.0)
"""

from .atom_panels import atoms
from .canvas import save
from .contours import contour, familiarity
from .control_charts import chart
from .corners import inverse
from .learning_curves import learning
from .profiles import profile
from .residual_panels import residuals
from .sobol_bars import sensitivity
from .sweeps import sweep

__all__ = [
    "atoms",
    "chart",
    "contour",
    "familiarity",
    "inverse",
    "learning",
    "profile",
    "residuals",
    "save",
    "sensitivity",
    "sweep",
]
