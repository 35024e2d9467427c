"""Outputs of a score: written beside and renamed, with what they are made of in their metadata: in
the file itself where it is Parquet, in NAME.csv.json where it is CSV."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from sna_edge.cli.answered_table import free_name
from sna_edge.durable import write_whole
from sna_edge.durable.disk import BESIDE
from sna_edge.durable.whole import naming
from sna_edge.values.arrow import listed

from ..sealed.folder import digest_of
from .parquet import ParquetOut, metadata, numbers_of

BLOCK = 65536
"""Rows of a CSV file that are compared at once."""
DIGEST = "sha256"
"""Of a CSV output, in what it says of itself."""
OWN = ("familiarity", "status", "verdict", "p_in_spec")
"""Columns of every output, whatever a model calls its own."""


def columns_of_outputs(names: Sequence[str]) -> dict[str, str]:
    """{output: its column}: its name, NAME_2 where that is one of OWN.

    >>> columns_of_outputs(["width", "status", "status_2"])
    {'width': 'width', 'status': 'status_3', 'status_2': 'status_2'}
    """
    taken = [*OWN, *names]
    return {name: free_name(name, "_", taken) if name in OWN else name for name in names}


def place_of(folder: str, below: str, kind: str) -> str:
    """The file of an output: its input's name in the folder of the model, with the ending of its
    kind behind where that is another."""
    suffix = f".{kind}"
    return os.path.join(folder, below if below.lower().endswith(suffix) else below + suffix)


TOLD = {"key", "model", "input", "limits", "options", "counts"}
"""What an output says of itself at least."""


def written_as(path: str) -> dict[str, Any] | None:
    """What a finished output says of itself; None where it is not there, not whole, of another
    hand, or, where it is CSV, changed since."""
    if not os.path.isfile(path):
        return None
    told = _of_text(path) if path.endswith(".csv") else _object(metadata(path) or b"null")
    return told if told is not None and told.keys() >= TOLD else None


def _of_text(path: str) -> dict[str, Any] | None:
    told = None
    with suppress(OSError), open(f"{path}.json", "rb") as file:
        told = _object(file.read())
    return told if told and told.pop(DIGEST, "") == digest_of(path) else None


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def out_at(path: str) -> ParquetOut | CsvOut:
    """The writer of an output, whose folder is made."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return CsvOut(path) if path.endswith(".csv") else ParquetOut(path)


class CsvOut:
    """A CSV file, and what it says of itself beside it."""

    def __init__(self, path: str) -> None:
        self._path, self._empty = path, True
        with naming(path):
            handle, self._beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=BESIDE)
        self._file = os.fdopen(handle, "w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file, lineterminator="\n")

    def __enter__(self) -> CsvOut:
        return self

    def write(self, columns: Mapping[str, Any], words: Mapping[str, list[str]]) -> None:
        """Rows; columns in `words` are places in these."""
        if self._empty:
            self._writer.writerow(columns)
            self._empty = False
        cells = [_cells(column, words.get(name)) for name, column in columns.items()]
        rows = zip(*cells, strict=True)
        with naming(self._path):
            if any(map(_quoted, cells)):
                self._writer.writerows(rows)
            else:
                self._file.writelines(f"{','.join(row)}\n" for row in rows)

    def finish(self, told: Mapping[str, Any]) -> None:
        """The file, then what it says of itself: between the two it is not finished."""
        with naming(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        os.chmod(self._beside, 0o644)
        digest = digest_of(self._beside)
        with suppress(FileNotFoundError):
            os.unlink(f"{self._path}.json")
        os.replace(self._beside, self._path)
        write_whole(f"{self._path}.json", json.dumps({**told, DIGEST: digest}).encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        with suppress(OSError):
            self._file.close()
        if os.path.exists(self._beside):
            os.unlink(self._beside)


def _quoted(cells: list[str]) -> bool:
    """Whether one of the cells may need quotes; the writer of the library knows how, and takes four
    times as long."""
    text = "".join(cells)
    return any(sign in text for sign in ',"\r\n')


def _cells(column: Any, words: list[str] | None) -> list[str]:
    """Text of a column: numbers to the last digit, nothing for NaN and null."""
    if words is not None:
        return [words[code] for code in column.tolist()]
    if hasattr(column, "to_pylist"):
        return ["" if value is None else str(_text(value)) for value in listed(column)]
    if isinstance(column, list):
        return column
    return ["" if value != value else repr(value) for value in column.tolist()]


def _text(value: Any) -> Any:
    """Texts that Parquet holds as bytes are texts."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def columns_of(path: str, names: list[str]) -> Iterator[dict[str, Any]]:
    """Columns of an output in batches [N], numbers or text; those that it has."""
    if not path.endswith(".csv"):
        yield from numbers_of(path, names)
        return
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        at = {name: header.index(name) for name in names}
        block: list[list[str]] = []
        for row in rows:
            block.append(row)
            if len(block) == BLOCK:
                yield {name: _array(block, i, name) for name, i in at.items()}
                block = []
        if block:
            yield {name: _array(block, i, name) for name, i in at.items()}


def _array(block: list[list[str]], i: int, name: str) -> Any:
    cells = [row[i] for row in block]
    if name == "verdict":
        return np.array(cells, dtype=str)
    return np.array([cell or "nan" for cell in cells], dtype=float)
