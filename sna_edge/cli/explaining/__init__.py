"""What `query --explain` is made of: what it explains against, and how it is told."""
