"""What a line learns from measured parts beside a model that stays as it is: how wide intervals
have to be today, how to correct the values, whether something has moved.

    learner = Learner(model, sha256, "recalibrate", "line.learned")
    line = Line(model, limits, learner=learner)
    line.lines(['{"id": 7, "power": 200}', '{"id": 7, "measured": {"width": 118.2}}'])

The order of parts and measured values decides, never a clock. What is learned is a few numbers in
one file, which survives a power cut at any byte.
"""

from .knowledge import OBSERVE, RECALIBRATE, WIDTH, Knowledge
from .learner import Learner

__all__ = ["OBSERVE", "RECALIBRATE", "WIDTH", "Knowledge", "Learner"]
