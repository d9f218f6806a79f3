"""A network becomes data: torch's modules, traced forward passes, Keras's models."""
