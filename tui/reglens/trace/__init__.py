"""HTTP exchanges as immutable, redacted records, live or pasted; a trace of them; their export."""
