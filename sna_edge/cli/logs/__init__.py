"""The log that `watch` keeps of its answers."""
