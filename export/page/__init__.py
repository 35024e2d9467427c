"""One offline HTML page per model: its bytes, the C library as WebAssembly, and the views."""

from .content import about
from .shell import render

__all__ = ["about", "render"]
