from layer_cases import Module
from torch import nn

CASES = {
    "of vectors": Module((6,), nn.GroupNorm(2, 6), 12),
    "of images": Module((4, 5, 5), nn.GroupNorm(4, 4, eps=0.01, affine=False)),
}
