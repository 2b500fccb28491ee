"""Hydra's door to nnrun's sweeps: `hydra/launcher=vectorized`."""
