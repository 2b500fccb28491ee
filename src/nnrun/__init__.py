"""nnrun: train, record and compare small neural networks from configuration files."""
