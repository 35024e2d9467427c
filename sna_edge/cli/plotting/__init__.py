"""What `plot` asks for: options of each picture, and the rows of a table."""
