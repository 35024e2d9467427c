"""Tensor trains: their algebra, below the weak forms and the solvers that use it."""
