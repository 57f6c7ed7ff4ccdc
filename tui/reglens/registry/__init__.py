"""The client: sessions with a registry over HTTP, every exchange recorded."""
