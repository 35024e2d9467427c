"""The posterior density: observations, forward model, likelihood with model error, prior."""
