"""A student's network and the host's, rebuilt from its spec and given its weights, are one function."""

from dataclasses import asdict

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.core.network import ModelSpec
from grader.guest.describe import modules
from grader.network.build import build
from grader.training.handed_over import tensors


class Tutorial(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2 = nn.Linear(16 * 4 * 4, 30), nn.Linear(30, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.view(-1, self.count(x))))
        return F.log_softmax(self.fc2(F.dropout(x, training=self.training)), dim=1)

    def count(self, x):
        count = 1
        for size in x.size()[1:]:
            count *= size
        return count


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.blocks = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(2))
        self.out = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        for block in self.blocks:
            x = x + torch.tanh(block(x))
        return self.out(x.mean([2, 3]))


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(1, 4, 1), nn.Conv2d(1, 4, 5, padding=2)
        self.tail = nn.Sequential(nn.MaxPool2d(4), nn.Flatten(), nn.Linear(8 * 7 * 7, 10))

    def forward(self, x):
        return self.tail(torch.cat([self.narrow(x), F.leaky_relu(self.wide(x), 0.2)], dim=1))


class Ensemble(nn.Module):
    """Its members are added up by Python's `sum`, which begins with 0."""

    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList(
            nn.Sequential(nn.Flatten(), nn.Linear(784, 5), nn.ReLU(), nn.Linear(5, 10)) for _ in range(3)
        )

    def forward(self, x):
        return sum(member(x) for member in self.members)


class Branching(nn.Module):
    """What it does depends on the shape of its input."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(784, 20), nn.SELU(), nn.Linear(20, 10))

    def forward(self, x):
        if x.dim() == 4:
            x = x.squeeze(1)
        if len(x.shape) > 2:
            x = x.reshape(x.shape[0], -1)
        return self.layers(x)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.again, self.last = nn.Linear(784, 16), nn.Linear(16, 16), nn.Linear(16, 10)

    def forward(self, x):
        x = torch.sigmoid(self.first(torch.flatten(x, 1)))
        for _ in range(3):
            x = F.elu(self.again(x), alpha=0.5)
        return self.last(x)


class Within(nn.Module):
    """A custom module within a Sequential within a custom module."""

    def __init__(self):
        super().__init__()
        self.parts = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), Branching())

    def forward(self, image):
        return self.parts(image)


NETWORKS = {
    "a Sequential": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.BatchNorm1d(20), nn.Linear(20, 10)),
    "nested ones": lambda: nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 3, 4, stride=2), nn.PReLU()), nn.Sequential(nn.Flatten(), nn.Linear(507, 10))
    ),
    "a custom module within a Sequential": lambda: nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), Branching()),
    **{kind.__name__: kind for kind in (Tutorial, Residual, Inception, Ensemble, Branching, Shared, Within)},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_weights_give_the_same_outputs(name):
    torch.manual_seed(0)
    model = NETWORKS[name]()
    model(torch.rand(64, 1, 28, 28))  # running statistics are no longer those of a new network
    described, gaps, _ = modules.describe(model, torch, (1, 28, 28))
    rebuilt = ModelSpec.model_validate(asdict(described))
    assert (rebuilt.gaps, rebuilt.loose, gaps) == ((), (), [])
    network = build(rebuilt)
    weights = model.state_dict()
    with torch.no_grad():
        for key, tensor in tensors(rebuilt, network):
            tensor.copy_(weights[key])
    inputs = torch.randn(20, 1, 28, 28)
    model.eval()
    network.eval()
    with torch.no_grad():
        assert torch.equal(network(inputs), model(inputs))
