"""What tables of a plant have beside inputs and outputs: weights and errors of rows, gaps, limits
of detection, batches, lags."""
