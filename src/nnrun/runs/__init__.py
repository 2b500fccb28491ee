"""The run directory as a file format: claimed, written, locked and read."""
