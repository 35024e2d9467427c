"""The error of a problem that is stated wrongly."""

from __future__ import annotations

from sna_edge.errors import InputError


class ProblemError(InputError):
    """A problem is stated wrongly: an unknown axis, a free kernel, a load that is not a product."""
