"""Sparkplug B 3.0 by hand: payloads, the station as an edge node, and edge nodes as a way in."""
