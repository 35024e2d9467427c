"""Tables in few bits: rounded in the metric of the function, re-solved around what is rounded,
certified."""

from .quantize import AUTO_ERROR, TARGETS, quantize

__all__ = ["AUTO_ERROR", "TARGETS", "quantize"]
