"""What an answer is worth, from rows that took no part in it: how wide its interval is here."""

from .calibrate import Calibrated, calibrated

__all__ = ["Calibrated", "calibrated"]
