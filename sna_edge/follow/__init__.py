"""Tables that another process still writes: whole records as they come, and a note of where they
ended for the next start.

A batch of records is noted as answered when the next batch is asked for, so flush the answers
before that:

    growing = Growing("parts.csv", follow=True, note="parts.csv.note", needed=["power"])
    for records in growing:
        answers = [judge(dict(zip(growing.names, r.cells))) for r in records]
        out.flush()
"""

from .growing import Growing
from .note import Note, Notes

__all__ = ["Growing", "Note", "Notes"]
