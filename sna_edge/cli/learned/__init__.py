"""What `watch` learns from measured parts: options, and where it is kept."""
