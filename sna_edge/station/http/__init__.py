"""The door for HTTP: parts by POST, metrics, health, and the live page where it is asked for."""
