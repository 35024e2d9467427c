"""Eigenvalues and mode shapes of a symmetric problem, followed over its parameters."""
