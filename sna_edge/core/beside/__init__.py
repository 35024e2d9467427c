"""What a model carries beside its values (FORMAT.md sections 11 and 14 to 16), as data: companions,
calibration, readings, signature."""

from .calibration import GRID, Calibration, LevelPair
from .companion import Companion, Coordinate, CoordinateSource, Role
from .program import Step
from .readings import Derived, RawReading, Readings, Term
from .signature import Signature

__all__ = [
    "GRID",
    "Calibration",
    "Companion",
    "Coordinate",
    "CoordinateSource",
    "Derived",
    "LevelPair",
    "RawReading",
    "Readings",
    "Role",
    "Signature",
    "Step",
    "Term",
]
