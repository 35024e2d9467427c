"""The candidate fitted to the rows themselves: separable functions of growing size."""
