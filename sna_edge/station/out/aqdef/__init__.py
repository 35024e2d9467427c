"""AQDEF (Q-DAS ASCII transfer format): values of parts as .dfq files for quality systems."""
