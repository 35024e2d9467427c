"""Solvers of one separable function: alternating least squares, Gauss-Newton, free knots."""
