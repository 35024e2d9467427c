"""Reading measured tables: CSV with comma, semicolon or tab into named columns."""

from .csv_file import read_table
from .table import Table

read = read_table

__all__ = ["Table", "read", "read_table"]
