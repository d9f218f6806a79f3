"""Small networks for the 8 x 8 digits, as specs."""

from grader.core.network import ModelSpec


def spec_of(*layers):
    """A chain of layers, each its class in `torch.nn` and its settings."""
    return ModelSpec(layers=[{"type": kind, "settings": settings} for kind, settings in layers])


def linear(wide, out):
    """One linear layer of such a chain."""
    return "Linear", {"in_features": wide, "out_features": out}


MLP = spec_of(("Flatten", {}), linear(64, 16), ("ReLU", {}), linear(16, 10))
