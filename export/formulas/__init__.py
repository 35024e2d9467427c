"""Formulas that users write about inputs: rules, costs, and inputs computed from readings."""
