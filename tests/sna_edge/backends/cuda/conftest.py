"""A device of the host for the tests of this folder."""

from .host_device import host

__all__ = ["host"]
