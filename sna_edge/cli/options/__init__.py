"""How options are stated, one line of a table each, and those of all words that read a table."""
