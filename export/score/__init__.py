"""Archives of parts scored anew by a model, a file at a time: values, intervals, familiarity,
status and verdict of every row beside the columns that say which part it is.

    found = score(Job("model.sna", digest, "scores", limits="limits.toml"), ["archive"], workers=2)
    found.counts["rows"], found.counts["verdicts"], found.folder

An output appears whole or not at all and says in its metadata which model, limits, options and
bytes of input it is made of; what is there already is not made again, outputs of another model
stand in another folder.
"""

from .job import Job
from .run import Scores, score

__all__ = ["Job", "Scores", "score"]
