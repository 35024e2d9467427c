"""Verdicts: parts wait in one queue, one thread judges them, each once."""

from .clock import Clock
from .desk import JudgingDesk
from .latency import Latency
from .served import Served, learner, served

__all__ = ["Clock", "JudgingDesk", "Latency", "Served", "learner", "served"]
