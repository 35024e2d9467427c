"""What an answer is worth, from rows that took no part in it: how wide its interval is here, and
(`familiarity`) how familiar its inputs are."""

from .calibrate import Calibrated, calibrated

__all__ = ["Calibrated", "calibrated"]
