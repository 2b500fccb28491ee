"""What a trained network makes of samples: read, checked, and predicted in NumPy."""
