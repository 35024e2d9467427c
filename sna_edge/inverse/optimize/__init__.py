"""Batched optimizers in a box: Gauss-Newton, trust region, multistart, projection, infeasibility
proofs."""
