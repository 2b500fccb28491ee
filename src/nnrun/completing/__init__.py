"""Tab completion: what the word being typed could become, found without loading any part of a run."""
