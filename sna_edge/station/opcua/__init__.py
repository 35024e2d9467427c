"""OPC UA: parts from nodes of a controller, and the last verdicts as nodes.

The extra `opcua` (asyncua) is needed by what connects or listens, and imported when it does.
"""
