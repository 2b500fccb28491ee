"""nnrun from Python and notebooks: train, sweep, load and compare, with objects in place of printed text."""
