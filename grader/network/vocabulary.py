"""The layers and the ways to draw weights that a model spec may name, with their settings; all else is refused."""

from typing import Final

_CONV = (
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "padding_mode",
)
_POOL = ("kernel_size", "stride", "padding", "ceil_mode")
_NORM = ("num_features", "eps", "momentum", "affine", "track_running_stats")

LAYERS: Final[dict[str, tuple[str, ...]]] = {
    "Linear": ("in_features", "out_features", "bias"),
    "Conv1d": _CONV,
    "Conv2d": _CONV,
    "MaxPool1d": (*_POOL, "dilation"),
    "MaxPool2d": (*_POOL, "dilation"),
    "AvgPool1d": (*_POOL, "count_include_pad"),
    "AvgPool2d": (*_POOL, "count_include_pad"),
    "AdaptiveAvgPool2d": ("output_size",),
    "AdaptiveMaxPool2d": ("output_size",),
    "BatchNorm1d": _NORM,
    "BatchNorm2d": _NORM,
    "LayerNorm": ("normalized_shape", "eps", "elementwise_affine", "bias"),
    "GroupNorm": ("num_groups", "num_channels", "eps", "affine"),
    "Dropout": ("p",),
    "Dropout1d": ("p",),
    "Dropout2d": ("p",),
    "AlphaDropout": ("p",),
    "ReLU": (),
    "ReLU6": (),
    "LeakyReLU": ("negative_slope",),
    "PReLU": ("num_parameters", "init"),
    "ELU": ("alpha",),
    "SELU": (),
    "GELU": ("approximate",),
    "SiLU": (),
    "Mish": (),
    "Hardswish": (),
    "Sigmoid": (),
    "Tanh": (),
    "Softplus": ("beta", "threshold"),
    "Softmax": ("dim",),
    "LogSoftmax": ("dim",),
    "Flatten": ("start_dim", "end_dim"),
    "Unflatten": ("dim", "unflattened_size"),
    "ZeroPad2d": ("padding",),
    "Identity": (),
    "Add": (),
    "Cat": ("dim",),
}

_GAIN = ("a", "mode", "nonlinearity")
INITIALS: Final[dict[str, tuple[str, ...]]] = {
    "uniform_": ("a", "b"),
    "normal_": ("mean", "std"),
    "trunc_normal_": ("mean", "std", "a", "b"),
    "constant_": ("val",),
    "zeros_": (),
    "ones_": (),
    "eye_": (),
    "xavier_uniform_": ("gain",),
    "xavier_normal_": ("gain",),
    "kaiming_uniform_": _GAIN,
    "kaiming_normal_": _GAIN,
    "orthogonal_": ("gain",),
}

JOINS: Final = frozenset({"Add", "Cat"})
"""Operations on several inputs that are no class of `torch.nn`."""
