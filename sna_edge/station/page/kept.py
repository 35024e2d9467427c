"""What the page shows, kept beside the records: after a restart control limits, sums and counts go
on as if there had been none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...durable import write_whole
from ...errors import InputError
from ..charts import Board
from ..records import History

FILE = "page.json"
VERSION = 1
READ = 1000
"""Records that are read back at once."""
MOST = 20_000
"""Records behind what was kept that are read back; of more, the newest."""


def save(path: Path, board: Board, last: str) -> None:
    """Write it whole; `last` is the text of the last record that the board has taken. Raises
    OSError."""
    record = json.loads(last)["record"]
    head = f'{{"version": {VERSION}, "record": {record}, "sha256": "{digest(last)}", "lines": ['
    text = ", ".join(_line(told) for told in board.kept())
    write_whole(path, f"{head}{text}]}}".encode())


def _line(told: dict[str, Any]) -> str:
    """JSON of one line, in pieces that are short: nothing else of this process runs while one is
    made."""
    curves = ", ".join(json.dumps(one) for one in told.pop("curves"))
    rest = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in told.items())
    return f'{{{rest}, "curves": [{curves}]}}'


def recall(path: Path, board: Board, past: History) -> bool:
    """Restore what was kept and take the records since then; False where nothing was kept, or where
    it is of other records."""
    try:
        told = json.loads(path.read_bytes())
        number = int(told["record"])
        if told["version"] != VERSION or not _same(past, number, told["sha256"]):
            return False
        board.restore(told["lines"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        return False
    number = max(number, past.last() - MOST)
    while found := past.after(number, READ):
        board.recall(one.text for one in found)
        number = found[-1].number
    return True


def _same(past: History, number: int, known: str) -> bool:
    """Whether that record is one of these; those before the oldest were cut by retention."""
    found = past.record(number)
    if found is not None:
        return digest(found.text) == known
    oldest = past.after(0, 1)
    return bool(oldest) and number < oldest[0].number


def digest(text: str) -> str:
    """SHA-256 of a record, which tells it from the same number of other records."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def described(told: Mapping[str, Any]) -> str:
    """Which chart somebody has begun anew, in words."""
    of = " ".join(str(told.get(key, "")) for key in ("chart", "of", "output")).strip()
    return f"new limits of the chart {of} from the next parts"
