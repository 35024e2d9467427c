"""Methods that know no model: piecewise polynomials, low-discrepancy points, time budgets."""
