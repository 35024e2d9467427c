"""Exact answers over one unknown: all roots, extremes and intervals of a piecewise polynomial."""
