"""Reading measured tables."""
