"""The artifact `model.sna` (FORMAT.md): writer, reader, golden vectors.

Reader and writer are imported at the first call: `import sna_edge` stays quick.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Model

__all__ = ["from_bytes", "read", "save", "write"]


def read(path: str | PathLike[str], backend: str = "auto") -> Model:
    """The model in the file `path`, checked and replayed. Raises InputError or ArtifactError."""
    from . import reader

    return reader.read(path, backend)


def from_bytes(data: bytes, backend: str = "auto", *, path: str | None = None) -> Model:
    """The model in `data`. Raises ArtifactError with the named rule that is broken."""
    from . import reader

    return reader.from_bytes(data, backend, path=path)


def save(model: Model, path: str | PathLike[str]) -> None:
    """Write the artifact to `path` through a temporary file: all of it or nothing."""
    from . import writer

    writer.save(model, path)


def write(model: Model) -> bytes:
    """The artifact's bytes, the same for the same model."""
    from . import writer

    return writer.write(model)
