"""What is to be written: the model, the version of FMI, and the variables that follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import sna_edge
from sna_edge.model import Model

from ..firmware.names import identifier
from .variables import Variable, variables_of


@dataclass(frozen=True)
class About:
    """What the file says of the whole: `identifier` begins the names in C, `token` tells models
    apart, `version` the bytes of the model."""

    name: str
    identifier: str
    token: str
    tool: str
    version: str
    description: str
    sources: tuple[str, ...]


def _in_c(stem: str) -> str:
    """The name in C of a model whose files are named so: none of the interface's own files."""
    name = identifier(stem)
    return f"model_{name}" if name.startswith(("fmi", "fmu", "slopes")) else name


@dataclass(frozen=True)
class Plan:
    """A model (numpy backend) and its bytes, FMI `fmi` (2 or 3), the level of intervals (None: that
    of the model), the name of the file."""

    model: Model
    artifact: bytes
    fmi: int
    level: float | None
    stem: str

    @cached_property
    def variables(self) -> list[Variable]:
        """All but the independent one."""
        return variables_of(self.model, self.level)

    @property
    def inputs(self) -> list[Variable]:
        """Those that an importer sets."""
        return [v for v in self.variables if v.causality == "input"]

    @property
    def outputs(self) -> list[Variable]:
        """Those that are computed."""
        return [v for v in self.variables if v.causality == "output"]

    @cached_property
    def about(self) -> About:
        """Names and digests; another version or level is another token."""
        digest = sha256(self.artifact + f"{self.fmi} {self.level}".encode()).hexdigest()
        parts = digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]
        name = _in_c(self.stem)
        asked = ", ".join(v.description for v in self.inputs)
        return About(
            self.stem,
            name,
            f"{{{'-'.join(parts)}}}",
            f"sna-edge {sna_edge.__version__}",
            sha256(self.artifact).hexdigest()[:16],
            f"{', '.join(self.model.output_names)} of {asked}",
            (f"fmi{self.fmi}.c", f"{name}.c"),
        )
