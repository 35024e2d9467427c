"""Surrogates of other libraries, one kind a file."""
