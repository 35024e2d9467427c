"""The artifact `model.sna` (FORMAT.md): writer, reader, golden vectors."""

from .reader import from_bytes, read
from .writer import save, write

__all__ = ["from_bytes", "read", "save", "write"]
