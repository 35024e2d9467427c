"""Meshes of parts: the nodes of a node axis, and where a point lies among them."""

from .index import NodeIndex
from .mesh import MOST_NODES, Mesh

__all__ = ["MOST_NODES", "Mesh", "NodeIndex"]
