"""The one reader of tables: text in any dialect, Excel workbooks, Parquet files; whole files, or
bytes that arrive in pieces.

A file, with its encoding, separator and quotes found from it:

    table = open_table("parts.csv", hint, categorical=["lot"])
    table.names, table.units, table.dialect
    marks = table.marks(["power", "speed"])   # the decimal mark, decided once for the file
    power = marks.column("power")
    for block in table.blocks():              # rows of equal length
        block.wrong                           # row number -> why it is not a row of the table
        power.numbers(block.column(i), block.lines)  # NaN where a cell is not a number

Bytes as they arrive:

    stream = Stream("parts.csv", hint=hint, categorical=["lot"])
    for record in stream.feed(data):          # whole records only; record.wrong: why it is none
        dict(zip(stream.names, record.cells)), stream.number(cell)
    stream.close()                            # the last record, where its line end is missing

Blank lines, comments (#) and a row of units below the header are no records. A row that is too long
or too short is a record with `wrong` set and its cells as they are. What cannot be read is one
InputError with line and column.
"""

from .decimal_mark import Column, Marks, OpenMark
from .dialect import Dialect, hint_of
from .numbers import is_number, number
from .opening import open_table
from .records import Record
from .sheets import sheet_at
from .source import Block, Source
from .stream import Stream
from .unit_column import Measure

__all__ = [
    "Block", "Column", "Dialect", "Marks", "Measure", "OpenMark", "Record", "Source", "Stream",
    "hint_of", "is_number", "number", "open_table", "sheet_at",
]  # fmt: skip
