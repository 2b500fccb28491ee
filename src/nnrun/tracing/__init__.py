"""One training step taken apart: every number that it computes, and the same as text."""
