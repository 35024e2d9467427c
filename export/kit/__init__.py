"""Everything a device without a network needs, in one folder: wheels, models, limits, services."""

from .assemble import make_kit
from .signature import check_kit
from .target import TARGETS, Target, target_of

__all__ = ["TARGETS", "Target", "check_kit", "make_kit", "target_of"]
