"""The L2 space of a model's domain: exact inner products, norms and least squares of models.

<f, g> = mean over the domain of f g. Both are sums of products or tensor trains, so the integral is
one of Gram matrices, one per axis, and exact.
"""
