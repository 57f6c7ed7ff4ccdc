"""The commands: each a thin face of the same core."""
