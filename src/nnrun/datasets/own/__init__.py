"""Tables of the user's own, read from files: cells in, samples out, every bad cell named."""
