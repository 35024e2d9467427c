"""Statistics of a process from tables and logs: capability, control charts, gauge studies."""
