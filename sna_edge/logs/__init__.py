"""Logs of verdicts: kept beside a line in files of a bounded size, and read again.

log = KeptLog("verdicts.jsonl", size=16 << 20, keep=1 << 30)
log.write('{"line": 1, "verdict": "ACCEPT"}\\n')
for block in line_blocks(files_of(["verdicts.jsonl"])):  # the oldest first
    ...
"""

from .keep import KeptLog
from .read import entry_of, files_of, line_blocks

__all__ = ["KeptLog", "entry_of", "files_of", "line_blocks"]
