"""One dataflow graph of a model for every graph runtime: inputs by name, values and gradients out.

model -> locate (span, u) -> atoms (rows, weighted sum) -> combine (CP, TT) -> link -> ONNX, TFLite
"""

from .build import FORWARD, GRADIENT, build
from .ir import Graph, Node, Tensor

__all__ = ["FORWARD", "GRADIENT", "Graph", "Node", "Tensor", "build"]
