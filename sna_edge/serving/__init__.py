"""What judges beside a line, and how it is replaced while parts come: a model that keys vouch for,
limits that fit it, measured rows that it has to predict, the model before where it cannot serve.
`install`, `watch` and the station stand on it."""

from .gate import allowed, predicts
from .loaded import Judge, Mark, judge, mark_of, new_name, same_inputs, stored
from .rollback import roll_back

__all__ = [
    "Judge",
    "Mark",
    "allowed",
    "judge",
    "mark_of",
    "new_name",
    "predicts",
    "roll_back",
    "same_inputs",
    "stored",
]
