"""Gaussian-process teachers and their distillation into few modes."""
