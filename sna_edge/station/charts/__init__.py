"""Running statistics of a station from its records: charts of the last parts with signals in words,
capability, coverage, and the alarms that they raise."""

from .alarms import Alarm, Alarms
from .board import Board

__all__ = ["Alarm", "Alarms", "Board"]
