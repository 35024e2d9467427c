"""Parquet files by pyarrow: batches read, and files that appear whole with metadata."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.output import Output
from sna_edge.durable.disk import BESIDE
from sna_edge.durable.whole import naming
from sna_edge.errors import BackendError, InputError
from sna_edge.model import Model
from sna_edge.table.sheets import written
from sna_edge.values.arrow import listed
from sna_edge.values.units import conversion

from .columns import Batch, all_finite, chosen
from .job import Job

Floats = NDArray[np.float64]
BATCH = 1 << 17
"""Rows held in memory."""
BUFFER = 1 << 17
"""Bytes of a column that are read at once: without it a whole column of a row group is held."""
META = b"sna-edge.score"
"""Key of the metadata of an output."""


def pyarrow() -> Any:
    """The library. Raises BackendError where it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise BackendError(
            "Parquet files need pyarrow; install it with pip install 'sna-edge[tables]', or give"
            " CSV files and --to csv"
        ) from None
    return pyarrow


class ParquetRows:
    """A Parquet file; units of columns are those of the fields' metadata `unit`."""

    def __init__(self, path: str, model: Model, job: Job) -> None:
        self._path, self._arrow = path, pyarrow()
        with self._open() as file:
            schema = file.schema_arrow
        told = {
            f.name: (f.metadata or {}).get(b"unit", b"").decode(errors="replace") for f in schema
        }
        self.chosen = chosen(model, job, schema.names, told, path)
        self._schema = schema
        for at in self._wanted():
            if schema.names.count(at) > 1:
                raise InputError(f"{path}: column name {at!r} occurs twice; rename one")
        quantities: dict[str, Axis | Output] = {**self.chosen.inputs, **self.chosen.measured}
        self._read = {name: self._reader(name, one) for name, one in quantities.items()}

    def _wanted(self) -> list[str]:
        """The columns that are read, each once."""
        read = self.chosen
        return list(
            dict.fromkeys([*(read.place[n] for n in (*read.inputs, *read.measured)), *read.kept])
        )

    def _open(self) -> Any:
        try:
            return self._arrow.parquet.ParquetFile(self._path, pre_buffer=False, buffer_size=BUFFER)
        except (self._arrow.ArrowException, OSError) as error:
            raise InputError(
                f"{self._path} cannot be read as a Parquet file ({_first(error)}); copy or write it"
                " again"
            ) from None

    def _reader(self, name: str, quantity: Axis | Output) -> Callable[[Any], Floats]:
        """What makes numbers of the column of an input or output. Raises InputError for text in
        place of numbers and for a unit of another kind."""
        at, types = self.chosen.place[name], self._arrow.types
        kind = self._schema.field(at).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        if isinstance(quantity, Axis) and quantity.kind == "categorical":
            if types.is_nested(kind):
                raise InputError(
                    f"{self._path}: column {at!r} holds {kind}, {name!r} needs levels; write it as"
                    " text or numbers, or name another with --column NAME=COLUMN"
                )
            return lambda column: _levels(quantity, column)
        asked = (types.is_integer, types.is_floating, types.is_decimal, types.is_null)
        if not any(test(kind) for test in asked):
            raise InputError(
                f"{self._path}: column {at!r} holds {kind}, {name!r} needs numbers; write it as"
                " numbers, or name another with --column NAME=COLUMN"
            )
        scale, shift = self._conversion(name, quantity)
        return lambda column: _numbers(column, scale, shift)

    def _conversion(self, name: str, quantity: Axis | Output) -> tuple[float, float]:
        own = self.chosen.own.get(name, "")
        if not own or not quantity.unit or own == quantity.unit:
            return 1.0, 0.0
        what = "input" if isinstance(quantity, Axis) else "output"
        try:
            scale, shift = conversion(own, quantity.unit, name, what)
        except InputError as error:
            raise InputError(f"{self._path}: {error}") from None
        return float(scale), float(shift)

    def batches(self) -> Iterator[Batch]:
        """Row groups in pieces of BATCH rows; InputError for a page that is damaged."""
        line = 1
        wanted = self._wanted()
        with self._open() as file:
            found = file.iter_batches(BATCH, columns=wanted, use_threads=False)
            while True:
                try:
                    columns = next(found, None)
                except (self._arrow.ArrowException, OSError) as error:
                    raise InputError(
                        f"{self._path}, near row {line}: {_first(error)}; copy or write it again"
                    ) from None
                if columns is None:
                    break
                yield self._made(columns, line)
                line += len(columns)
        if line == 1:
            empty = self._schema.empty_table().select(wanted)
            yield self._made(empty, 1)

    def _made(self, columns: Any, line: int) -> Batch:
        chosen = self.chosen
        numbers = {n: read(_whole(columns[chosen.place[n]])) for n, read in self._read.items()}
        return Batch(
            range(line, line + len(columns)),
            {name: numbers[name] for name in chosen.inputs},
            {name: numbers[name] for name in chosen.measured},
            {name: _whole(columns[name]) for name in chosen.kept},
            lambda name, row: _written(*listed(columns[chosen.place[name]].slice(row, 1))),
            counted="row",
        )


def _written(value: object) -> str:
    return "" if value is None else str(value)


def _whole(column: Any) -> Any:
    """One array of a column that may come in chunks."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _first(error: BaseException) -> str:
    """The first line of what the library says, without its full stop."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _numbers(column: Any, scale: float, shift: float) -> Floats:
    """NaN for null and for what is not finite."""
    if hasattr(column, "dictionary_decode"):
        column = column.dictionary_decode()
    found = np.asarray(column.cast("float64", safe=False).to_numpy(zero_copy_only=False))
    if not all_finite(found):
        found = np.where(np.isfinite(found), found, np.nan)
    return found if (scale, shift) == (1.0, 0.0) else found * scale + shift


def _as_table(level: object) -> object:
    """Times as every other reader of tables writes them; all else as it is."""
    return written(level) if isinstance(level, datetime) else level


def _levels(axis: Axis, column: Any) -> Floats:
    """Places of levels: NaN for null and blanks, infinity for a level that was never seen."""
    coded = column if hasattr(column, "dictionary_decode") else column.dictionary_encode()
    levels = listed(coded.dictionary)
    known = [np.nan if level is None else axis.levels.index(_as_table(level)) for level in levels]
    places = coded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    return np.array([*known, np.nan], dtype=float)[places.astype(np.int64)]


class ParquetOut:
    """A Parquet file that appears under `path` with its metadata once it is finished."""

    def __init__(self, path: str) -> None:
        self._path, self._arrow = path, pyarrow()
        self._writer: Any = None
        with naming(path):
            handle, self._beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=BESIDE)
        os.close(handle)

    def __enter__(self) -> ParquetOut:
        return self

    def write(self, columns: Mapping[str, Any], words: Mapping[str, list[str]]) -> None:
        """A row group; columns in `words` are places in these."""
        arrow = self._arrow
        arrays = {
            name: arrow.DictionaryArray.from_arrays(arrow.array(column), arrow.array(words[name]))
            if name in words
            else arrow.array(column)
            for name, column in columns.items()
        }
        may_lack = {n for n, column in columns.items() if hasattr(column, "null_count")}
        fields = [arrow.field(n, a.type, n in may_lack) for n, a in arrays.items()]
        table = arrow.table(list(arrays.values()), schema=arrow.schema(fields))
        with naming(self._path):
            if self._writer is None:
                self._writer = _writer(arrow, self._beside, table.schema)
            self._writer.write_table(table)

    def finish(self, told: Mapping[str, Any]) -> None:
        """The file with what it says of itself as metadata, on the disk."""
        self._writer.add_key_value_metadata({META: json.dumps(told).encode()})
        with naming(self._path):
            self._writer.close()
            with open(self._beside, "rb+") as file:
                os.fsync(file.fileno())
        os.chmod(self._beside, 0o644)
        os.replace(self._beside, self._path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._writer is not None:
            self._writer.close()
        if os.path.exists(self._beside):
            os.unlink(self._beside)


def _writer(arrow: Any, path: str, schema: Any) -> Any:
    """By the kind of a column: what repeats (words) has a dictionary, whole numbers are kept as
    differences. Answers are plain: compression costs more than all the rest of writing and saves
    little of such digits, and nobody looks rows up by their least and largest value."""
    types = arrow.types
    texts = (types.is_dictionary, types.is_string, types.is_large_string)
    words = [f.name for f in schema if any(test(f.type) for test in texts)]
    whole = [f.name for f in schema if types.is_integer(f.type)]
    answers = [f.name for f in schema if types.is_floating(f.type)]
    return arrow.parquet.ParquetWriter(
        path, schema, use_dictionary=words,
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        compression={f.name: "none" if f.name in answers else "snappy" for f in schema},
        write_statistics=[f.name for f in schema if f.name not in answers],
    )  # fmt: skip


def metadata(path: str) -> bytes | None:
    """What an output says of itself; None where there is none."""
    arrow = pyarrow()
    try:
        found = arrow.parquet.read_metadata(path).metadata or {}
    except (arrow.ArrowException, OSError):
        return None
    kept: bytes | None = found.get(META)
    return kept


def numbers_of(path: str, names: list[str]) -> Iterator[dict[str, Any]]:
    """Columns of an output in batches: numbers, or words as a list. Raises InputError for one that
    is damaged."""
    arrow = pyarrow()
    try:
        yield from _batches(arrow, path, names)
    except (arrow.ArrowException, OSError, KeyError) as error:
        raise InputError(
            f"the output {path} is damaged ({_first(error)}); delete it and score its table again"
            " with its model"
        ) from None


def _batches(arrow: Any, path: str, names: list[str]) -> Iterator[dict[str, Any]]:
    with arrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH, columns=names, use_threads=False):
            yield {
                name: np.asarray(batch[name].to_numpy(zero_copy_only=False))
                if arrow.types.is_floating(batch[name].type)
                else np.array(batch[name].to_pylist(), dtype=str)
                for name in names
            }
