"""How many parts a setting, or the running line, makes inside their limits."""
