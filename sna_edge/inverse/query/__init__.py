"""What every inverse query shares: the problem, limits, answers, and the C library's side."""
