"""One output: the scale it is learned on, tails of its interval, coverage, and a correction that is
used while it is better."""
