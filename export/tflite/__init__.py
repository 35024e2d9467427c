"""TFLite export: one file, two signatures, tables in their storage type; written directly or
through onnx2tf."""

from .export import Exported, export, to_bytes

__all__ = ["Exported", "export", "to_bytes"]
