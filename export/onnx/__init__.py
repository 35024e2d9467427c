"""ONNX export: forward and value_and_gradient graphs, named inputs and outputs, tables in their
storage type."""

from .export import OPSET, Exported, export, proto, run

__all__ = ["OPSET", "Exported", "export", "proto", "run"]
