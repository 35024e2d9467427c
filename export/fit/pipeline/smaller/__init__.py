"""What is delivered made smaller: unseen inputs, modes that the error hides, groups of four."""
