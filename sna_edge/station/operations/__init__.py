"""What people do to a running station, each by its role, each a record before it is done."""

from ..plant import Unrecorded
from .asked import Asked, Streamed, Unknown
from .table import OPERATIONS, Operation, found

__all__ = ["OPERATIONS", "Asked", "Operation", "Streamed", "Unknown", "Unrecorded", "found"]
