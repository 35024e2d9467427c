"""Faults of a whole station, each with real processes: a campaign breaks something many times and
says what it cost. What has to hold afterwards stands in `holds`."""
