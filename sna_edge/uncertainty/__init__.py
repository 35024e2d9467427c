"""What an answer is worth, from what stands beside the values (FORMAT.md sections 14 to 16):
companions at their coordinates, intervals at a level, familiarity, coordinates of readings."""
