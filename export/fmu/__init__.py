"""A model as a Functional Mock-up Unit (FMU) for simulators, FMI 2.0 or 3.0: sources in C, and a
binary for this machine where a compiler is."""

from .command import export

__all__ = ["export"]
