"""Which rows to measure: a starting plan, and the next experiment.

space = Space((Factor("power", 100, 400, step=5), Factor("gas", levels=("Ar", "N2"))))
plan = starting_plan(space, 24)                       # before anything is measured
write_csv("plan.csv", space, plan.x, ["depth"])       # goes to the machine and comes back

    table = sna_export.table.read("plan.csv")             # measured
    measured = measured_rows(table, space, ["depth"])
    more = next_by_rows(space, 8, measured, ["depth"])    # the rows that tell most
    model = sna_edge.load("depth.sna")                    # or by a fitted model
    best = next_by_model(domain_of(model), 4, model, measured, targets={"depth": "38:42"})
"""

from .asked import domain_of, next_by_model, next_by_rows
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
    "domain_of",
    "measured_rows",
    "next_by_model",
    "next_by_rows",
    "starting_plan",
    "write_csv",
]
