"""Closed operations on models: slices, derivatives, integrals, sums, moments, ranges."""
