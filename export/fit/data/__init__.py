"""The rows a fit sees: samples, folds, blocks."""
