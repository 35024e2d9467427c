"""Alias of `sna_export.lpbf.meltpool`."""

from ..lpbf.meltpool import MeltPool

__all__ = ["MeltPool"]
