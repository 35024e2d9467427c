"""A problem solved at single points of its parameters, and the train through these solutions."""
