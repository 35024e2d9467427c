"""What is asked of an archive, and the key of an output: all that its bytes depend on."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

FORMAT = 3
"""Of the outputs; another one makes them anew."""


@dataclass(frozen=True)
class Job:
    """The file `model` with the SHA-256 `sha256`, asked with the limits file `limits` ("" for
    none); outputs go into a folder of the model in `folder`.

    `keep`: columns that are copied (none: id, part, time and timestamp where they are there).
    `measured`: outputs whose column of that name holds measured values. `columns` {input: column}
    where they have other names. `level` of the intervals, None for that of the file. `kind`:
    "parquet", "csv", or "" for that of each input. `dialect`: what is declared of text files.
    """

    model: str
    sha256: str
    folder: str
    limits: str = ""
    keep: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    level: float | None = None
    kind: str = ""
    dialect: dict[str, str] = field(default_factory=dict)
    backend: str = "auto"

    @property
    def place(self) -> str:
        """The folder of this model's outputs: its name and the first digits of its digest."""
        stem = os.path.splitext(os.path.basename(self.model))[0]
        return os.path.join(self.folder, f"{stem}-{self.sha256[:12]}")

    def options(self) -> dict[str, Any]:
        """What an output depends on beside model, limits and input, for JSON."""
        return {
            "keep": list(self.keep), "measured": list(self.measured), "columns": self.columns,
            "level": self.level, "dialect": self.dialect, "backend": self.backend,
        }  # fmt: skip


def key_of(made_of: dict[str, Any]) -> str:
    """SHA-256 of what an output is made of."""
    text = json.dumps({"format": FORMAT, **made_of}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
