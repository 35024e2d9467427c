"""Which rows to measure: a starting plan, and the next experiment.

space = Space((Factor("power", 100, 400, step=5), Factor("gas", levels=("Ar", "N2"))))
plan = starting_plan(space, 24)                       # before anything is measured
write_csv("plan.csv", space, plan.x, ["depth"])       # goes to the machine and comes back
"""

from .rows import Measured, csv_text, measured_rows, write_csv
from .space import Factor, Space
from .starting import METHODS, Plan, starting_plan

__all__ = [
    "METHODS",
    "Factor",
    "Measured",
    "Plan",
    "Space",
    "csv_text",
    "measured_rows",
    "starting_plan",
    "write_csv",
]
