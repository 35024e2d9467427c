"""The integer path (FORMAT.md section 13): section 8 of an artifact, its proof and its evaluation,
bit for bit as in C."""

from .build import build
from .evaluation import FixedAxis, FixedOutput, FixedPath
from .section import parse, write

__all__ = [
    "FixedAxis",
    "FixedOutput",
    "FixedPath",
    "build",
    "parse",
    "write",
]
