"""Screens other than the browser itself."""
