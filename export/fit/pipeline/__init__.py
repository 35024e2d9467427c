"""From a table to one model: screening, candidates, choice, confirmation, assembly."""
