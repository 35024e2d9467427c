"""What people do to a running station, each by its role, each a record before it is done."""

from .asked import Asked, Streamed, Unknown, Unrecorded
from .table import OPERATIONS, Operation, found

__all__ = ["OPERATIONS", "Asked", "Operation", "Streamed", "Unknown", "Unrecorded", "found"]
