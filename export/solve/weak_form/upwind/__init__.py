"""Test functions that lean into the stream: advection that the mesh does not resolve."""
