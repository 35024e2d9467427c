"""What `sna-edge station` does with the records of a station beside running it."""
