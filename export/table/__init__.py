"""Reading measured tables: CSV with comma, semicolon or tab into named columns."""

from .csv_file import read_table
from .gaps import without_missing
from .table import Table

read = read_table

__all__ = ["Table", "read", "read_table", "without_missing"]
