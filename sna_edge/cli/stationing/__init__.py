"""What `sna-edge station` does besides running: each action with arguments of its own."""
