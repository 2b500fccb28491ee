"""Training a population of networks: the loop, its two engines and what it knows of its members."""
