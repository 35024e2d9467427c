"""What integrals ask of a part."""

from __future__ import annotations

from typing import Any, Protocol

from ..weak_form.forms import FormAxis
from .space import FESpace


class PartAxis(FormAxis, Protocol):
    """An axis with a mesh: its functions, and how many numbers a node has."""

    @property
    def space(self) -> FESpace:
        """The functions on its cells."""

    @property
    def components(self) -> int:
        """Numbers a node."""

    @property
    def n_rows(self) -> int:
        """Nodes times components."""

    @property
    def free(self) -> Any:
        """E [n_rows, n_d]: without the rows that are held."""
