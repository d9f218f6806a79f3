from layer_cases import Module
from torch import nn

CASES = {
    "of vectors": Module((4,), nn.LayerNorm(4), 8),
    "of images": Module((3, 5, 5), nn.LayerNorm([3, 5, 5], eps=0.01), 150),
    "without bias": Module((4,), nn.LayerNorm(4, bias=False), 4),
    "without weights": Module((4,), nn.LayerNorm(4, elementwise_affine=False)),
}
