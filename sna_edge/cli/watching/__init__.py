"""What the word `watch` is made of, beside models, limits and learning."""
