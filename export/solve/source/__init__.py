"""Sources that move: paths, beam shapes, and both as a load."""
