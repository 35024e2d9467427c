"""Functions whose shape is asked for: monotone, bent one way, positive; exact over the domain."""
