"""nnrun: train, record and compare small neural networks from configuration files."""

__version__ = "0.1.0"
