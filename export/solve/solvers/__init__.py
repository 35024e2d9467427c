"""Algebraic systems in factored form and their solvers."""
