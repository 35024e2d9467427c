"""Folders that are delivered: made beside their place and renamed there whole, a manifest with the
digest of every file, a signature of the manifest."""
