"""Reading of pastes: whatever a person copied from a terminal, an issue or a mail, as `Evidence`."""
