"""Normalisation of each sample over groups of its channels."""

from ._layer_type import LayerType

ENTRIES = (
    LayerType(
        "GroupNorm",
        ("num_groups", "num_channels", "eps", "affine"),
        drawn={"weight": "ones_", "bias": "zeros_"},
    ),
)
