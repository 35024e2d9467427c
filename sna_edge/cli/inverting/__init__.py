"""What `sna-edge inverse` is made of: each kind of question, and what a solution is worth."""
