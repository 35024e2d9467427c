"""What integrals ask of a part."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..weak_form.forms import FormAxis
from .space import FESpace


class NodeAxis(FormAxis, Protocol):
    """An axis of nodes: how many numbers each has, where they are."""

    @property
    def points(self) -> NDArray[np.float64] | None:
        """Coordinates of the nodes [dim, N], None where these are not known."""

    @property
    def components(self) -> int:
        """Numbers a node."""

    @property
    def n_rows(self) -> int:
        """Nodes times components."""

    @property
    def free(self) -> Any:
        """E [n_rows, n_d]: without the rows that are held."""


class PartAxis(NodeAxis, Protocol):
    """An axis with a mesh: its functions."""

    @property
    def space(self) -> FESpace:
        """The functions on its cells."""
