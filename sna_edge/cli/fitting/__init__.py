"""What `sna-edge fit` is made of: its options, one fit, what it prints."""
