"""What a solved problem is worth: whether its operator is stable over the whole parameter box, how
large the error is estimated at the corners of that box, what the solution breaks."""
