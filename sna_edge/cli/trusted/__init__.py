"""Which model a word uses: the keys that vouch for it, rows of a user that it has to predict, and
what `watch` judges with."""
