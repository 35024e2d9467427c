"""Why nothing can be recorded now, in one sentence."""

from __future__ import annotations

import errno

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def sentence(error: Exception, folder: str) -> str:
    """What the disk or the database said, and what to do; parts are taken again by itself when the
    cause is gone."""
    text = str(error)
    if "is full" in text or getattr(error, "errno", None) in FULL:
        return (
            f"the disk of {folder} is full and nothing is recorded; make room on it, or shorten"
            " keep_days"
        )
    if "locked" in text or "busy" in text:
        return (
            f"another program holds the records in {folder} and nothing is recorded; close it, or"
            " read a backup instead"
        )
    if "malformed" in text or "not a database" in text:
        return (
            f"the database of records in {folder} is damaged ({text}); stop the station, restore a"
            " backup into a new folder, and keep this one"
        )
    return f"{folder}: nothing is recorded: {text}; see to its disk, the station tries again"


def no_room(waiting: int) -> str:
    """Too much waits for the disk."""
    return f"{waiting} records wait for the disk and there is no room for more; send it again later"
