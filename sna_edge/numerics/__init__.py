"""Methods between data and verbs: evaluation in float64, span polynomials and their roots, points
that fill a domain, time budgets."""
