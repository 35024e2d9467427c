"""Functions of all axes together as trains: sampled, approximated, assembled, contracted."""
