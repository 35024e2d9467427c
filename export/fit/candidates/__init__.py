"""Ways to model a table, each with its out-of-fold errors."""
