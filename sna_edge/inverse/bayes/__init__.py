"""What caused a measurement: estimates, posteriors, predictions, and whether the data can tell."""
