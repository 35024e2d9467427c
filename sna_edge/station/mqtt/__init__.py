"""MQTT: parts come in and records go out as JSON, or as Sparkplug B.

The extra `mqtt` (paho-mqtt) is needed by what connects, and imported when it does.
"""
