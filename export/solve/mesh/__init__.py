"""Finite-element meshes of parts as axes of a problem (scikit-fem, the extra `mesh`)."""
