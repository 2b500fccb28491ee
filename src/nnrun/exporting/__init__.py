"""A saved run for use without nnrun: its network as an ONNX file, its training as a script."""
