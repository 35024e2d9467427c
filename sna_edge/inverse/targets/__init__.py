"""Which inputs give a target: batches, level sets, advice."""
