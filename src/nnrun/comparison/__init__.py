"""Saved runs side by side: what differs, how they did, and whether that can be told from chance."""
