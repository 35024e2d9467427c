"""Self-contained HTML reports with inline SVG plots."""

from .page import STANDALONE, Page
from .svg import Plot, ends

__all__ = ["STANDALONE", "Page", "Plot", "ends"]
