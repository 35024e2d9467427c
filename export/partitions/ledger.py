"""The folder of finished partitions."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sna_edge.durable import sweep, write_whole
from sna_edge.errors import InputError

JOB = "job.json"


def digest(value: Any) -> str:
    """SHA-256 of a value as JSON with sorted keys; InputError for what JSON cannot say."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a partition cannot be written as JSON ({error}); give numbers, texts and lists"
        ) from None
    return hashlib.sha256(text.encode()).hexdigest()


class Ledger:
    """Finished partitions of one job in `folder`: job.json says which job, part-000007.json holds
    the task's digest, the result of partition 7 and its digest. Files are renamed into place, so
    that each is whole or absent; one that cannot be read, was changed or is of another task is
    worked on anew.

    Raises InputError where the folder holds another job.
    """

    def __init__(self, folder: str | os.PathLike[str], tasks: Sequence[Any], name: str) -> None:
        self.folder, self.digests = Path(folder), [digest(task) for task in tasks]
        self.name = name
        self._claim()

    def _claim(self) -> None:
        job = {"format": 1, "work": self.name, "job": digest(self.digests)}
        path = self.folder / JOB
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError(
                f"{self.folder} is a file; name a folder for the finished partitions"
            ) from None
        sweep(self.folder)
        if path.exists():
            if self._read(path) != job:
                raise InputError(
                    f"{self.folder} holds partitions of another job (model, inputs or size differ);"
                    " name another folder, or delete this one"
                )
            return
        if any(self.folder.iterdir()):
            raise InputError(
                f"{self.folder} is neither empty nor the folder of such a job; name another folder"
            )
        write_whole(path, json.dumps(job).encode())

    def path(self, index: int) -> Path:
        """The file of a partition."""
        return self.folder / f"part-{index:06d}.json"

    def get(self, index: int) -> Any:
        """The result of a finished partition, else None."""
        entry = self._read(self.path(index))
        if not isinstance(entry, dict) or entry.get("task") != self.digests[index]:
            return None
        result = entry.get("result")
        return result if entry.get("sha256") == digest(result) else None

    def put(self, index: int, result: Any) -> None:
        """Keep the result of a partition; it is on the disk when this returns."""
        entry = {"task": self.digests[index], "sha256": digest(result), "result": result}
        write_whole(self.path(index), json.dumps(entry).encode())

    @staticmethod
    def _read(path: Path) -> Any:
        try:
            return json.loads(path.read_bytes())
        except (OSError, ValueError):
            return None
