"""Normalisation of each sample over its last dimensions."""

from ._layer_type import LayerType

ENTRIES = (
    LayerType(
        "LayerNorm",
        ("normalized_shape", "eps", "elementwise_affine", "bias"),
        drawn={"weight": "ones_", "bias": "zeros_"},
    ),
)
