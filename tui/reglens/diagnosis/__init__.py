"""From evidence to comparison and findings: what disagrees, and what cures it."""
