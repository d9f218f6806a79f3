"""What is seen of trainings in a notebook: the network, the recipe, and by name whatever the recipe leaves out."""

import re

import nbformat
import pytest

from grader.checks.loss import Loss
from grader.core.evidence import ProblemEvidence
from grader.core.limits import Limits
from grader.datasets import load_dataset
from grader.execution import run_notebook
from grader.guest.protocol import Blocks
from grader.observation.evidence import observe_notebook
from grader.observation.explain import notes

PRELUDE = """
import copy, torch, torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, RandomSampler, Subset, TensorDataset, WeightedRandomSampler

torch.manual_seed(0)
digits = load_digits()
X, y = torch.tensor(digits.images / 16, dtype=torch.float32), torch.tensor(digits.target)
data, test_data = TensorDataset(X[:1437], y[:1437]), TensorDataset(X[1437:], y[1437:])
loader, test_loader = DataLoader(data, batch_size=32, shuffle=True), DataLoader(test_data, batch_size=100)

def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))

def train(model, loader=loader, optimizer=None, loss_of=nn.CrossEntropyLoss(), epochs=2, each=None, before=None):
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_of(model(images), labels)
            loss.backward()
            if before:
                before(model)
            optimizer.step()
            if each:
                each()

class Image(nn.Module):
    def forward(self, x):
        return x.unsqueeze(1)
"""

IMAGES = "images = DataLoader(TensorDataset(X[:1437, None], y[:1437]), batch_size=64)\n"
MEAN = float(load_dataset("digits").train.images.mean()) / 16
MLP = ["Flatten", "Linear", "ReLU", "Linear"]
SGD = {"type": "SGD", "settings": {"lr": 0.1}, "groups": []}


def schedule(made, **settings):
    return [{"type": made, "settings": settings, "step": "epoch", "parts": [], "watched": None}]


# name: (cell, layers, what the recipe holds). Nothing is missing from these recipes, and nothing may be said to be.
SEEN = {
    "a Sequential on a loader": (
        "model = mlp(); train(model, epochs=3)",
        MLP,
        {
            "batch_size": 32, "epochs": 3, "shuffle": True, "drop_last": False, "train_samples": None,
            "optimizer": SGD, "loss": {"type": "CrossEntropyLoss", "settings": {}}, "schedules": [],
            "inputs": {"shape": [8, 8], "divide": 16.0, "mean": 0.0, "std": 1.0},
        },
    ),
    "a loader in order that drops the last batch": (
        "model = mlp(); train(model, DataLoader(data, batch_size=100, drop_last=True))",
        MLP,
        {"batch_size": 100, "shuffle": False, "drop_last": True},
    ),
    "a new loader of the same kind for every epoch": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for _ in range(4): train(model, DataLoader(data, batch_size=16, shuffle=True), opt, epochs=1)",
        MLP,
        {"batch_size": 16, "epochs": 4},
    ),
    "a GPU that is not there": (
        """
device = torch.device("cuda:0")
model = mlp().to(device)
model.cuda()
opt = optim.SGD(model.parameters(), lr=0.1)
for _ in range(2):
    for images, labels in loader:
        images, labels = images.cuda(non_blocking=True), labels.to("cuda")
        weight = torch.ones(10, device=device)
        opt.zero_grad(); nn.CrossEntropyLoss()(model(images), labels).backward(); opt.step()""",
        MLP,
        {"epochs": 2, "batch_size": 32, "optimizer": SGD},
    ),
    "names that libraries have dropped": (
        """
import numpy as np
from torch.autograd import Variable
first, _ = iter(loader).next()
assert first.shape == (32, 8, 8) and np.Inf > np.product([2, 3]) and np.float(1) == 1 and np.int is int
model = mlp()
nn.init.xavier_uniform
opt = optim.SGD(model.parameters(), lr=0.1)
plan = optim.lr_scheduler.StepLR(opt, 1, gamma=0.5, verbose=True)
for _ in range(2):
    for images, labels in loader:
        opt.zero_grad(); nn.CrossEntropyLoss()(model(Variable(images)), Variable(labels)).backward(); opt.step()
    plan.step()""",
        MLP,
        {"epochs": 2, "schedules": schedule("StepLR", step_size=1, gamma=0.5)},
    ),
    "workers": (
        "model = mlp(); train(model, DataLoader(data, batch_size=32, num_workers=1))", MLP, {"epochs": 2}
    ),
    "functions instead of layers": (
        IMAGES + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding="same")
        self.fc1, self.fc2 = nn.Linear(64, 30), nn.Linear(30, 10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = F.dropout(x.view(-1, 64), 0.25, training=self.training)
        x = torch.flatten(F.leaky_relu(self.fc1(x), 0.2), 1)
        return F.log_softmax(self.fc2(x), dim=1)
model = Net(); train(model, images, loss_of=F.nll_loss)""",
        ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Dropout", "Linear", "LeakyReLU", "Flatten", "Linear", "LogSoftmax"],
        {"loss": {"type": "NLLLoss", "settings": {}}, "inputs": {"shape": [1, 8, 8], "divide": 16.0}},
    ),
    "weights drawn by functions of torch.nn.init": (
        """
def draw(layer):
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        layer.bias.data.fill_(0.01)
model = mlp()
model.apply(draw)
train(model)""",
        MLP,
        {},
    ),
    "weights drawn by methods of a tensor": (
        "model = mlp()\nfor p in model.parameters(): p.data.normal_(0, 0.02)\ntrain(model)", MLP, {}
    ),
    "sizes that are asked for in the forward pass": (
        IMAGES + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3)
        self.fc = nn.Linear(8 * 2 * 2, 10)
    def forward(self, x):
        assert x.dim() == 4 and len(x) > 1
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = nn.Dropout(0.0)(x) if False else x
        return self.fc(x.view(-1, self.features(x)))
    def features(self, x):
        count = 1
        for size in x.size()[1:]:
            count *= size
        return count
model = Net(); train(model, images)""",
        ["Conv2d", "ReLU", "Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"],
        {"inputs": {"shape": [1, 8, 8], "divide": 16.0}},
    ),
    "a mean over the image, and an axis that comes and goes": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 20, 3), nn.Linear(20, 10)
    def forward(self, x):
        x = self.conv(x.unsqueeze(1)).relu().mean(dim=(2, 3), keepdim=True)
        return self.fc(nn.Flatten()(x.squeeze(3)))
model = Net(); train(model)""",
        ["Flatten", "Unflatten", "Conv2d", "ReLU", "AdaptiveAvgPool2d", "Flatten", "Unflatten", "Flatten", "Linear"],
        {"inputs": {"shape": [8, 8], "divide": 16.0}},
    ),
    "branches that are added and joined": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.out = nn.Linear(64, 12), nn.Linear(64, 12), nn.Linear(24, 10)
    def forward(self, x):
        x = x.reshape(x.size(0), -1)
        a, b = self.a(x), self.b(x).relu()
        return self.out(torch.cat([a + b, b], dim=1))
model = Net(); train(model)""",
        ["Flatten", "Linear", "Linear", "ReLU", "Add", "Cat", "Linear"],
        {"epochs": 2},
    ),
    "an image made of a vector": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
        self.out = nn.Linear(108, 10)
    def forward(self, x):
        return self.out(self.body(x.view(-1, 1, 8, 8)).flatten(1))
model = Net(); train(model)""",
        ["Flatten", "Unflatten", "Conv2d", "ReLU", "Flatten", "Linear"],
        {},
    ),
    "a layer that is used twice": (
        "twice = nn.Linear(20, 20)\n"
        "model = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), twice, nn.ReLU(), twice, nn.Linear(20, 10))\n"
        "train(model)",
        ["Flatten", "Linear", "Linear", "ReLU", "Linear", "Linear"],
        {},
    ),
    "a compiled network, and a method called train": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp()
    def forward(self, x):
        return self.net(x)
    def train(self, *args):
        assert args == (), "the probe called a student's method"
        train(model)
model = torch.compile(Net()); model.train()""",
        MLP,
        {},
    ),
    "the forward method called by name": (
        "model = mlp(); opt = optim.Adam(model.parameters(), betas=(0.8, 0.9))\n"
        "for images, labels in loader:\n"
        "    loss = F.cross_entropy(model.forward(images), labels); opt.zero_grad(); loss.backward(); opt.step()",
        MLP,
        {"optimizer": {"type": "Adam", "settings": {"lr": 0.001, "betas": [0.8, 0.9]}}, "batch_size": 32},
    ),
    "the forward method of a network within a network, and under another name": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.out = mlp(), nn.Linear(10, 10)
    def forward(self, x):
        return F.log_softmax(self.out.forward(self.inner.forward(x)), dim=1)
class Wide(Net):
    def forward(self, x):
        return super().forward(x)
def fit(net):
    opt, apply, loss_of = optim.SGD(net.parameters(), lr=0.1), net.forward, nn.NLLLoss()
    for images, labels in loader:
        opt.zero_grad(); loss_of.forward(apply(images), labels).backward(); opt.step()
fit(Wide())""",
        [*MLP, "Linear", "LogSoftmax"],
        {"loss": {"type": "NLLLoss", "settings": {}}, "batch_size": 32, "inputs": {"shape": [8, 8], "divide": 16.0}},
    ),
    "log-probabilities taken beside the network, by a function": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.nll_loss(F.log_softmax(o, dim=1), t))",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "log-probabilities taken beside the network, by layers": (
        "model, last, loss_of = mlp(), nn.LogSoftmax(dim=-1), nn.NLLLoss(reduction='sum')\n"
        "train(model, loss_of=lambda o, t: loss_of(last(o), t))",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {"reduction": "sum"}}},
    ),
    "log-probabilities of batches cut by hand": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for epoch in range(2):\n    for images, labels in loader:\n"
        "        loss = nn.NLLLoss()(torch.log(torch.softmax(model.forward(images), -1)), labels)\n"
        "        opt.zero_grad(); loss.backward(); opt.step()",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "a cross entropy of log-probabilities": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.cross_entropy(o.log_softmax(1), t))",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "a loss of the logarithm of a softmax": (
        "model = nn.Sequential(*mlp(), nn.Softmax(dim=1))\n"
        "train(model, loss_of=lambda o, t: F.nll_loss(torch.log(o), t))",
        [*MLP, "Softmax"],
        {"loss": {"type": "CrossEntropyLoss", "settings": {"from_logits": False}}},
    ),
    "a copy of a trained network": ("model = mlp(); train(model); copy.deepcopy(model, memo={})", MLP, {}),
    "a library that asks for batches by next()": (
        """
import os, sys
os.makedirs("site-packages", exist_ok=True)
sys.path.insert(0, "site-packages")
with open("site-packages/fetching.py", "w") as file:
    file.write("def fetch(loader):\\n    batches = iter(loader)\\n    for _ in range(10**9):\\n")
    file.write("        try:\\n            yield next(batches)\\n        except StopIteration:\\n            return\\n")
from fetching import fetch
model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)
for _ in range(3): train(model, fetch(loader), opt, epochs=1)""",
        MLP,
        {"epochs": 3, "batch_size": 32},
    ),
    "a copy of a fresh network": ("model = copy.deepcopy(mlp()); train(model)", MLP, {}),
    "evaluation after every epoch, with gradients": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for _ in range(3):\n"
        "    train(model, optimizer=opt, epochs=1)\n"
        "    for images, labels in test_loader: F.nll_loss(model(images), labels, reduction='sum').item()",
        MLP,
        {"epochs": 3, "loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "a loss with settings, as a layer": (
        "model = mlp(); train(model, loss_of=nn.CrossEntropyLoss(label_smoothing=0.1))",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {"label_smoothing": 0.1}}},
    ),
    "a loss with settings, as a function": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.cross_entropy(o, t, None, None, reduction='sum'))",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {"reduction": "sum"}}},
    ),
    "the mean of losses, one a sample": (
        "model = mlp(); each = nn.CrossEntropyLoss(reduction='none')\n"
        "train(model, loss_of=lambda o, t: each(o, t).mean())",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "the sum of losses, one a sample": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.cross_entropy(o, t, reduction='none').sum())",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {"reduction": "sum"}}},
    ),
    "one-hot targets": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.mse_loss(o, F.one_hot(t, 10).float()))",
        MLP,
        {"loss": {"type": "MSELoss", "settings": {}}},
    ),
    "two parameter groups": (
        "model = mlp(); train(model, optimizer=optim.SGD("
        "[{'params': model[1].parameters(), 'lr': 0.2}, {'params': model[3].parameters()}], lr=0.1))",
        MLP,
        {
            "optimizer": {
                **SGD,
                "settings": {"lr": 0.2},
                "groups": [
                    {"settings": {"lr": 0.2}, "parameters": ["1.weight", "1.bias"]},
                    {"settings": {"lr": 0.1}, "parameters": ["3.weight", "3.bias"]},
                ],
            }
        },
    ),
    "an optimiser of one layer": (
        "model = mlp(); train(model, optimizer=optim.SGD(model[3].parameters(), lr=0.1))",
        MLP,
        {"optimizer": {**SGD, "groups": [{"settings": {"lr": 0.1}, "parameters": ["3.weight", "3.bias"]}]}},
    ),
    "frozen weights": (
        "model = mlp(); model[1].weight.requires_grad_(False); train(model)",
        MLP,
        {"optimizer": {**SGD, "groups": [{"settings": {"lr": 0.1}, "parameters": ["1.bias", "3.weight", "3.bias"]}]}},
    ),
    "clipped gradients": (
        "model = mlp(); train(model, before=lambda m: nn.utils.clip_grad_norm_(m.parameters(), 1.0))",
        MLP,
        {"clipping": [{"type": "clip_grad_norm_", "most": 1.0, "norm_type": 2.0, "parameters": []}]},
    ),
    "gradients of two batches": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for i, (images, labels) in enumerate(DataLoader(data, batch_size=720)):\n"
        "    F.cross_entropy(model(images), labels).backward()\n"
        "    if i: opt.step()",
        MLP,
        {"accumulation": {"every": 2, "first": 2, "counts": "epoch", "rest": "kept"}, "batch_size": 720},
    ),
    "a schedule of a function": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "s = optim.lr_scheduler.LambdaLR(opt, lambda epoch: 0.9 ** epoch)\n"
        "for _ in range(2): train(model, optimizer=opt, epochs=1); s.step()",
        MLP,
        {"schedules": schedule("LambdaLR", factors=[1.0, 0.9, 0.9**2])},
    ),
    "a multiple of the loss": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.cross_entropy(o, t) / 4)",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {}}, "loss_scale": 0.25},
    ),
    "a schedule per epoch": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)\n"
        "s = optim.lr_scheduler.MultiStepLR(opt, milestones=range(1, 3), gamma=0.5)\n"
        "for _ in range(3): train(model, optimizer=opt, epochs=1); s.step()",
        MLP,
        {
            "schedules": schedule("MultiStepLR", milestones=[1, 2], gamma=0.5),
            "optimizer": {"type": "SGD", "settings": {"lr": 0.1, "momentum": 0.9}, "groups": []},
        },
    ),
    "a schedule per batch, which changes the learning rate as it is made": (
        "model = mlp(); opt = optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.05)\n"
        "s = optim.lr_scheduler.OneCycleLR(opt, max_lr=0.02, epochs=3, steps_per_epoch=len(loader))\n"
        "train(model, optimizer=opt, epochs=3, each=s.step)",
        MLP,
        {
            "schedules": [
                {
                    "type": "OneCycleLR",
                    "settings": {"max_lr": 0.02, "epochs": 3, "steps_per_epoch": 45},
                    "step": "batch",
                    "parts": [],
                    "watched": None,
                }
            ],
            "optimizer": {"type": "AdamW", "settings": {"lr": 0.003, "weight_decay": 0.05}},
        },
    ),
    "mean and standard deviation, in the loop": (
        "model = mlp(); norm = lambda x: (x - 0.3) / 0.25\n"
        "opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for images, labels in loader:\n"
        "    opt.zero_grad(); F.cross_entropy(model(norm(images)), labels).backward(); opt.step()",
        MLP,
        {"inputs": {"shape": [8, 8], "divide": 16.0, "mean": 0.3, "std": 0.25}},
    ),
    "statistics added up over a loader": (
        "total = count = 0\n"
        "for images, _ in loader: total, count = total + images.double().sum(), count + images.numel()\n"
        "Z, model = X - (total / count).float(), mlp()\n"
        "train(model, DataLoader(TensorDataset(Z[:1437], y[:1437]), batch_size=32))",
        MLP,
        {"inputs": {"shape": [8, 8], "divide": 16.0, "mean": pytest.approx(MEAN, abs=1e-5)}},
    ),
    "another network between its loss and its step": (
        "other, model = mlp(), mlp()\n"
        "first, second = optim.SGD(other.parameters(), lr=0.3), optim.SGD(model.parameters(), lr=0.1)\n"
        "for _ in range(2):\n"
        "    for images, labels in loader:\n"
        "        first.zero_grad(); second.zero_grad()\n"
        "        hot = F.one_hot(labels, 10).float()\n"
        "        one, two = nn.MSELoss()(other(images), hot), F.cross_entropy(model(images), labels)\n"
        "        one.backward(); two.backward(); nn.utils.clip_grad_norm_(other.parameters(), 1.0)\n"
        "        first.step(); second.step()",
        MLP,
        {"epochs": 2, "optimizer": SGD, "loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "a network stepped by hand before": (
        "other, model = mlp(), mlp()\n"
        "for images, labels in loader:\n"
        "    (F.cross_entropy(other(images), labels) + 0.1).backward()\n"
        "    with torch.no_grad():\n"
        "        for p in other.parameters(): p -= 0.1 * p.grad; p.grad = None\n"
        "train(model)",
        MLP,
        {"optimizer": SGD, "loss": {"type": "CrossEntropyLoss", "settings": {}}},
    ),
    "weights that leave all bounds": (
        "model = mlp(); train(model, optimizer=optim.SGD(model.parameters(), lr=1e30))",
        MLP,
        {"optimizer": {"type": "SGD", "settings": {"lr": 1e30}}},
    ),
    "raw pixels": (
        "model = mlp(); train(model, DataLoader(TensorDataset(X[:1437] * 16, y[:1437]), batch_size=32))",
        MLP,
        {"inputs": {"divide": 1.0}},
    ),
}  # fmt: skip

# name: (cell, what must be said of it, whether a person must look, what the recipe holds all the same)
NAMED = {
    "a part of the training set": (
        "model = mlp(); train(model, DataLoader(Subset(data, range(500)), batch_size=32))",
        "trained on 500 samples", False, {"train_samples": 500},
    ),
    "the test split": ("model = mlp(); train(model, test_loader)", "samples of the test split", False, {"epochs": 2}),
    "batches cut by hand": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for _ in range(3):\n"
        "    order = torch.randperm(1437)\n"
        "    for i in range(0, 1437, 100):\n"
        "        part = order[i:i + 100]\n"
        "        opt.zero_grad(); F.cross_entropy(model(X[part]), y[part]).backward(); opt.step()",
        "no loader", False, {"batch_size": 100, "epochs": 3, "shuffle": True},
    ),
    "full batches in order": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for _ in range(5): opt.zero_grad(); F.cross_entropy(model(X[:1437]), y[:1437]).backward(); opt.step()",
        "no loader", False, {"batch_size": 1437, "epochs": 5, "shuffle": False},
    ),
    "one batch over and over": (
        "model = mlp(); images, labels = next(iter(loader)); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for _ in range(90): opt.zero_grad(); F.cross_entropy(model(images), labels).backward(); opt.step()",
        "90 steps on 1 different batches", False, {"train_samples": 32, "epochs": 90},
    ),
    "a pass that ends early": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1); step = 0\n"
        "while step < 10:\n"
        "    for images, labels in loader:\n"
        "        opt.zero_grad(); F.cross_entropy(model(images), labels).backward(); opt.step(); step += 1\n"
        "        if step == 10: break",
        "it trains until a condition holds", True, {},
    ),
    "samples drawn by weight": (
        "model = mlp(); sampler = WeightedRandomSampler(torch.ones(1437), 900)\n"
        "train(model, DataLoader(data, batch_size=9, sampler=sampler))",
        "drawn by WeightedRandomSampler", True, {},
    ),
    "samples drawn with replacement": (
        "model = mlp(); train(model, DataLoader(data, batch_size=9, sampler=RandomSampler(data, replacement=True)))",
        "RandomSampler with replacement", True, {},
    ),
    "two loaders": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "train(model, loader, opt); train(model, DataLoader(data, batch_size=64), opt)",
        "2 different loaders", True, {},
    ),
    "noise in the loop": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for images, labels in loader:\n"
        "    images = images + 0.1 * torch.randn_like(images)\n"
        "    opt.zero_grad(); F.cross_entropy(model(images), labels).backward(); opt.step()",
        "no plain rescaling", True, {},
    ),
    "every image by its own mean and deviation": (
        "Z = (X - X.mean((1, 2), keepdim=True)) / X.std((1, 2), keepdim=True)\n"
        "model = mlp(); train(model, DataLoader(TensorDataset(Z[:1437], y[:1437]), batch_size=32))",
        "no plain rescaling", True, {},
    ),
    "other labels": (
        "model = mlp(); train(model, DataLoader(TensorDataset(X[:1437], 9 - y[:1437]), batch_size=32))",
        "labels are not those of the data set", True, {},
    ),
    "an optimiser of two networks": (
        "other, model = nn.Linear(3, 3), mlp()\n"
        "train(model, optimizer=optim.SGD([*model.parameters(), *other.parameters()], lr=0.1))",
        "weights outside this network", True, {},
    ),
    "an optimiser of the student's own": (
        "class SGD(optim.SGD): pass\nmodel = mlp(); train(model, optimizer=SGD(model.parameters(), lr=0.1))",
        None, True, {"optimizer": {"type": "the student's own SGD", "settings": {"lr": 0.1}}},
    ),
    "a loss of the student's own": (
        "class CrossEntropyLoss(nn.CrossEntropyLoss): pass\nmodel = mlp(); train(model, loss_of=CrossEntropyLoss())",
        None, True, {"loss": {"type": "the student's own CrossEntropyLoss", "settings": {}}},
    ),
    "a loss with weights": (
        "model = mlp(); train(model, loss_of=nn.CrossEntropyLoss(weight=torch.ones(10)))",
        None, True, {"loss": {"type": "CrossEntropyLoss", "settings": {"weight": "given"}}},
    ),
    "gradients changed by hand": (
        "model = mlp(); train(model, before=lambda m: m[1].weight.grad.mul_(0.5))",
        "gradients are changed by hand", True, {},
    ),
    "a hook on a gradient": (
        "model = mlp(); model[1].weight.register_hook(lambda g: g * 2); train(model)",
        "a hook changes its gradients", True, {},
    ),
    "gradients that are never cleared": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1); opt.zero_grad = lambda: None\n"
        "train(model, optimizer=opt)",
        "added up over several steps", True, {},
    ),
    "a learning rate changed by hand, in a notebook whose other cells count epochs by what they measure": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for epoch in range(3): opt.param_groups[0]['lr'] = 0.1 / (epoch + 1); train(model, optimizer=opt, epochs=1)",
        "changed by hand, and not by the number of the epoch alone", True, {},
    ),
    "a learning rate changed by hand beside a schedule": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1); s = optim.lr_scheduler.StepLR(opt, 1)\n"
        "for epoch in range(3): train(model, optimizer=opt, epochs=1); opt.param_groups[0]['lr'] *= 2; s.step()",
        "changed by hand", True, {},
    ),
    "a schedule that steps now and then": (
        "model = mlp(); opt = optim.SGD(model.parameters(), lr=0.1); s = optim.lr_scheduler.StepLR(opt, 1)\n"
        "for epoch in range(6):\n    train(model, optimizer=opt, epochs=1)\n    if epoch % 3 == 2: s.step()",
        "steps neither per epoch nor per batch: 2 times in 6 epochs", True, {},
    ),
    "a loss of the logarithm of a softmax over the batch": (
        "model = nn.Sequential(*mlp(), nn.Softmax(dim=0))\n"
        "train(model, loss_of=lambda o, t: F.nll_loss(torch.log(o), t))",
        "not taken of the network's output itself", True, {},
    ),
    "a loss of log-probabilities over the batch": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.nll_loss(F.log_softmax(o, dim=0), t))",
        "not taken of the network's output itself", True, {},
    ),
    "a loss of log-probabilities of a part of the output": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.nll_loss(F.log_softmax(o / 2, dim=1), t))",
        "not taken of the network's output itself", True, {},
    ),
    "a cross entropy of probabilities": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.cross_entropy(o.softmax(1), t))",
        "not taken of the network's output itself", True, {},
    ),
    "a logarithm that is kept from zero": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.nll_loss((o.softmax(1) + 1e-8).log(), t))",
        "not taken of the network's output itself", True, {},
    ),
    "the mean of some losses, one a sample": (
        "model = mlp(); each = nn.CrossEntropyLoss(reduction='none')\n"
        "train(model, loss_of=lambda o, t: each(o, t)[:16].mean())",
        "something else than the loss itself", True, {},
    ),
    "two losses": (
        "model = mlp(); hot = lambda t: F.one_hot(t, 10).float()\n"
        "train(model, loss_of=lambda o, t: F.cross_entropy(o, t) + F.mse_loss(o, hot(t)))",
        "something else than the loss itself", True, {},
    ),
    "a penalty on the weights": (
        "model = mlp(); train(model, loss_of=lambda o, t: F.cross_entropy(o, t) + 1e-3 * model[1].weight.abs().sum())",
        "something else than the loss itself", True, {},
    ),
    "a loss written out": (
        "model = mlp(); train(model, loss_of=lambda o, t: -o.log_softmax(1)[range(len(t)), t].mean())",
        "no loss was seen", True, {},
    ),
    "a negative multiple of the loss": (
        "model = mlp(); train(model, loss_of=lambda o, t: -2 * F.cross_entropy(o, t))",
        "something else than the loss itself", True, {},
    ),
    "a loss of something else beside the output": (
        "model = mlp(); constant = torch.zeros(1, 10)\n"
        "train(model, loss_of=lambda o, t: F.cross_entropy(constant + o * 0.5, t))",
        "not taken of the network's output itself", True, {},
    ),
    "targets that are no classes": (
        "model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64))\n"
        "opt = optim.SGD(model.parameters(), lr=0.1)\n"
        "for images, _ in loader: opt.zero_grad(); F.mse_loss(model(images), images.flatten(1)).backward(); opt.step()",
        "something else than the classes", True, {},
    ),
    "weights drawn by hand": (
        "model = mlp(); model[1].weight.data.mul_(0.5); train(model)", "not as torch draws them", True, {}
    ),
    "weights loaded": (
        "old = mlp(); train(old); model = mlp(); model.load_state_dict(old.state_dict()); train(model)",
        "not as torch draws them", True, {},
    ),
    "weights loaded after its training": (
        "model = mlp(); train(model); model.load_state_dict(mlp().state_dict())", "weights are loaded into it", True, {}
    ),
    "weights set between steps": (
        "model = mlp(); train(model, each=lambda: model[1].weight.data.clamp_(-0.1, 0.1))",
        "changed by hand between its steps", True, {},
    ),
    "weights set after training": (
        "model = mlp(); train(model); model[1].weight.data.mul_(0)", "changed by hand after its training", True, {}
    ),
    "double precision": (
        "model = mlp().double(); train(model, DataLoader(TensorDataset(X[:1437].double(), y[:1437]), batch_size=32))",
        "its weights are torch.float64", True, {},
    ),
    "training in eval mode": (
        "model = nn.Sequential(*mlp(), nn.Dropout(0.1)).eval(); train(model)", "Dropout was switched off in training",
        True, {},
    ),
    "dropout that stays on": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.net = mlp()\n"
        "    def forward(self, x): return self.net(F.dropout(x, 0.1))\n"
        "model = Net(); train(model)",
        "stays on in evaluation", True, {},
    ),
    "another forward pass in evaluation": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.a = mlp(); self.b = mlp()\n"
        "    def forward(self, x): return self.a(x) if self.training else self.b(x)\n"
        "model = Net(); train(model)",
        "another one in evaluation", True, {},
    ),
    "a Dropout made in the forward pass": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.net = mlp()\n"
        "    def forward(self, x): return nn.Dropout(0.1)(self.net(x))\n"
        "model = Net(); train(model)",
        "stays on in evaluation", True, {},
    ),
    "two optimisers one after the other": (
        "model = mlp(); train(model); train(model)", "2 optimisers trained the same network", True, {}
    ),
    "a cell that raises after an epoch": ("model = mlp(); train(model); 1 / 0", "did not run to its end", True, {}),
    # networks that can't be written as data
    "a subclass of a layer": (
        "class Linear(nn.Linear):\n"
        "    def forward(self, x): return super().forward(x) + 1\n"
        "model = nn.Sequential(nn.Flatten(), Linear(64, 500), nn.Linear(500, 10)); train(model)",
        "1.weight: uses the parameter “weight” directly", True, {},
    ),
    "a forward hook": (
        "model = mlp(); model[1].register_forward_hook(lambda m, i, o: o * 2); train(model)",
        "1 (Linear): a hook (<lambda>) is attached", True, {},
    ),
    "a forward pass replaced": (
        "model = mlp(); model[1].forward = lambda x, f=model[1].forward: f(x) * 2; train(model)",
        "1 (Linear): another forward pass is attached", True, {},
    ),
    "a parametrization": (
        "model = mlp(); nn.utils.parametrizations.weight_norm(model[1]); train(model)",
        "computed from others (WeightNorm)", True, {},
    ),
    "weights of another shape": (
        "model = mlp(); model[3] = nn.Linear(500, 10); model[1].weight = nn.Parameter(torch.randn(500, 64))\n"
        "model[1].bias = nn.Parameter(torch.zeros(500)); train(model)",
        "not those that its settings give it", True, {},
    ),
    "weights of another layer": (
        "model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.Linear(64, 10))\n"
        "model[3].weight = model[1].weight; train(model)",
        "weights of another layer", True, {},
    ),
    "a raw parameter": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.net = mlp(); self.scale = nn.Parameter(torch.ones(8, 8))\n"
        "    def forward(self, x): return self.net(x * self.scale)\n"
        "model = Net(); train(model)",
        "uses the parameter “scale” directly", True, {},
    ),
    "a buffer used as a weight": (
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__(); self.net = mlp(); self.register_buffer('mix', torch.randn(8, 8))\n"
        "    def forward(self, x): return self.net(x @ self.mix)\n"
        "model = Net(); train(model)",
        "uses the buffer “mix” directly", True, {},
    ),
    "a value changed in place and used again": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.a = nn.Linear(64, 10); self.act = nn.ReLU(inplace=True)\n"
        "    def forward(self, x):\n"
        "        x = self.a(x.flatten(1)); return self.act(x) + x\n"
        "model = Net(); train(model)",
        "changes a value that is used again", True, {},
    ),
    "an operation that is not known": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.a = nn.Linear(8, 10)\n"
        "    def forward(self, x): return self.a(x.mean(1))\n"
        "model = Net(); train(model)",
        "the operation mean is not supported", True, {},
    ),
    "a forward pass that depends on its values": (
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.net = mlp()\n"
        "    def forward(self, x): return self.net(x if x.sum() > 0 else -x)\n"
        "model = Net(); train(model)",
        "can't be traced", True, {},
    ),
    "a layer that is not known": (
        "model = nn.Sequential(nn.Flatten(), nn.Bilinear(64, 64, 10))\n"
        "class Net(nn.Module):\n"
        "    def __init__(self): super().__init__(); self.b = nn.Bilinear(64, 64, 10)\n"
        "    def forward(self, x): x = x.flatten(1); return self.b(x, x)\n"
        "model = Net(); train(model)",
        "Bilinear is no layer", True, {},
    ),
}  # fmt: skip


def observe(cells, limits=Limits()):
    """The models of a notebook of these cells, by cell (the prelude is 1), and how it ran."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (PRELUDE, *cells)])
    artefact = run_notebook(notebook, EMPTY, SANDBOX, limits, data=None, warm=KERNELS)
    return observe_notebook(
        notebook,
        "a.ipynb",
        cells=artefact.cells,
        findings=artefact.findings,
        failure=artefact.failure,
        dataset=load_dataset("digits"),
    )


@pytest.fixture(scope="module", autouse=True)
def _world(tmp_path_factory, sandbox, kernels):
    global EMPTY, SANDBOX, KERNELS
    EMPTY, SANDBOX, KERNELS = tmp_path_factory.mktemp("submission"), sandbox, kernels


def run_cases(cases):
    observed = observe([case[0] for case in cases.values()])
    raised = [f"{name}: {cell.error}" for name, cell in zip(cases, observed.run.cells[1:], strict=True) if cell.error]
    assert observed.run.failure == "" and all("ZeroDivision" in error for error in raised), raised
    last = {model.cell: model for model in observed.models}
    return {name: last[i] for i, name in enumerate(cases, 2)}


@pytest.fixture(scope="module")
def seen():
    return run_cases(SEEN)


@pytest.fixture(scope="module")
def named():
    return run_cases(NAMED)


def said_of(model):
    recipe = model.recipe.gaps if model.recipe else ()
    return {str(gap): gap.blocks(Blocks.REFIT) for gap in (*model.spec.gaps, *recipe)}


def holds(found, expected):
    return {key: holds(found[key], value) if isinstance(value, dict) else found[key] for key, value in expected.items()}


@pytest.mark.parametrize("name", SEEN)
def test_a_recipe_holds_everything(name, seen):
    _, layers, expected = SEEN[name]
    model = seen[name]
    assert said_of(model) == {}
    assert (model.problem, model.spec.loose, model.spec.unused) == ("", (), ())
    assert [layer.type for layer in model.spec.layers] == layers
    recipe = model.recipe.model_dump(mode="json")
    assert holds(recipe, expected) == expected


@pytest.mark.parametrize("name", NAMED)
def test_what_a_recipe_leaves_out_is_named(name, named):
    _, said, person, expected = NAMED[name]
    model = named[name]
    found = said_of(model)
    if said:
        assert any(said in words for words in found), found
        assert any(found.values()) == person, found
    recipe = model.recipe.model_dump(mode="json")
    assert holds(recipe, expected) == expected


# Trainings above: what a check of the loss, cross entropy, makes of each.
LOSSES = {
    "a part of the training set": "passed",
    "a loss of the student's own": "manual",
    "a loss with weights": "passed",
    "a loss of the logarithm of a softmax over the batch": "manual",
    "a loss of log-probabilities over the batch": "manual",
    "a loss of log-probabilities of a part of the output": "manual",
    "a cross entropy of probabilities": "manual",
    "a logarithm that is kept from zero": "manual",
    "the mean of some losses, one a sample": "manual",
    "two losses": "manual",
    "a penalty on the weights": "manual",
    "a loss written out": "manual",
    "a negative multiple of the loss": "manual",
    "a loss of something else beside the output": "manual",
    "targets that are no classes": "failed",
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_check_of_the_loss_makes_of_it(name, named):
    outcome = Loss(points=1, expect="cross_entropy").judge(ProblemEvidence(problem="1", model=named[name]))
    assert outcome.status == LOSSES[name], outcome


# name: (cell, what the notes say of it; nothing where it must run through)
NOTES = {
    "an optimiser of another network": (
        "old, model = mlp(), mlp()\ntrain(model, optimizer=optim.SGD(old.parameters(), lr=0.1))",
        "in cell 2 gradients of “model” were computed, but no optimiser",
    ),
    "an evaluation of all samples": (
        "model = mlp(); train(model)",
        "",
    ),
    "another cell, with gradients": (
        "guesses = []; model.eval()\nfor images, _ in test_loader: guesses += model(images).argmax(1).tolist()\n"
        "assert len(guesses) == 360",
        "",
    ),
    "another cell, without gradients": (
        "guesses = []\nwith torch.no_grad():\n"
        "    for images, _ in loader: guesses += model(images).argmax(1).tolist()\n"
        "assert len(guesses) == 1437",
        "",
    ),
    "an evaluation where it is trained": (
        "train(model); guesses = []\nfor images, _ in test_loader: guesses += model(images).argmax(1).tolist()\n"
        "assert len(guesses) == 360",
        "",  # of a few batches it fails, and passes where a second look takes them all
    ),
    "a backward pass": ("one = mlp(); opt = optim.SGD(one.parameters(), lr=0.1); one(X[:5]).sum().backward()", ""),
    "its step in another cell": ("opt.step()", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def noted():
    said = dict.fromkeys(NOTES, "")
    for note in notes(observe([cell for cell, _ in NOTES.values()]).run):
        said[[*NOTES][int(re.search(r"cell (\d+)", note)[1]) - 2]] += note
    return said


@pytest.mark.parametrize("name", NOTES)
def test_what_the_notes_say_of_a_cell(name, noted):
    _, expected = NOTES[name]
    assert expected in noted[name] if expected else noted[name] == ""


def test_who_changes_an_image_trains_nothing():
    cells = (
        "model = mlp(); train(model)\nimage = X[:1].clone().requires_grad_(); opt = optim.Adam([image])\n"
        "for _ in range(20): opt.zero_grad(); F.cross_entropy(model(image), y[:1]).backward(); opt.step()",
    )
    observed = observe(cells)
    assert [(model.variable, said_of(model)) for model in observed.models] == [("model", {})]
    assert [*notes(observed.run)] == []


def test_loaded_weights_are_not_also_said_to_be_changed_by_hand(named):
    assert [*said_of(named["weights loaded after its training"])] == [
        "weights: weights are loaded into it after its training began"
    ]


def test_how_weights_are_drawn_stands_in_the_layers(seen):
    def drawn(name):
        return [layer.model_dump(mode="json")["initial"] for layer in seen[name].spec.layers if layer.type == "Linear"]

    assert drawn("a Sequential on a loader") == [{}, {}]
    by_function = {
        "weight": {"type": "kaiming_normal_", "settings": {"mode": "fan_out", "nonlinearity": "relu"}},
        "bias": {"type": "constant_", "settings": {"val": 0.01}},
    }
    assert drawn("weights drawn by functions of torch.nn.init") == [by_function, by_function]
    normal = {"type": "normal_", "settings": {"mean": 0, "std": 0.02}}
    assert drawn("weights drawn by methods of a tensor") == [{"weight": normal, "bias": normal}] * 2


# name: (cells, the variable that each training's network has)
HELD = {
    "returned by a function": (["def fit():\n    net = mlp(); train(net)\n    return net\nkept = fit()"], ["kept"]),
    "returned by a function in a later cell": (["def fit(): net = mlp(); train(net); return net", "a = fit()"], ["a"]),
    "in a list": (["nets = [mlp() for _ in range(2)]\ntrain(nets[1])"], ["nets[1]"]),
    "in a dictionary of lists": (
        ["def fit(): net = mlp(); train(net); return net\nnets = {'deep': [1, fit()]}"], ["nets['deep'][1]"]
    ),
    "in an object": (
        ["class Trainer:\n    def __init__(self): self.net = mlp(); train(self.net)\ntrainer = Trainer()"],
        ["trainer.net"],
    ),
    "a part of a network": (["whole = nn.Sequential(mlp(), nn.ReLU())\ntrain(whole[0])"], ["whole.0"]),
    "nowhere": (["def fit(): train(mlp())\nfit()"], [""]),
    "in a property that must not be called": (
        [
            "class Trainer:\n    @property\n    def net(self): raise SystemExit\nt = Trainer()\n"
            "def fit(): train(mlp())\nfit()"
        ],
        [""],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HELD)
def test_what_holds_a_network_names_it(name):
    cells, variables = HELD[name]
    observed = observe(cells)
    assert [*notes(observed.run)] == []
    assert [model.variable for model in observed.models] == variables


EACH = (  # a training of 45 batches an epoch, in which {each} follows each step, and {after} each epoch
    "model, losses = mlp(), []; opt = optim.SGD(model.parameters(), lr=0.1)\n"
    "for epoch in range(3):\n    for i, (images, labels) in enumerate(loader):\n"
    "        opt.zero_grad(); loss = F.cross_entropy(model(images), labels); loss.backward(); opt.step()\n"
    "        {each}\n    {after}\n"
)
# name: the cells that fail where only a few batches come, and run where all do
WHOLE = {
    "a mean that is made now and then": [
        EACH.format(
            each="losses.append(loss.item())\n        if i % 20 == 19: mean = sum(losses[-20:]) / 20", after="mean"
        )
    ],
    "a name that a later cell uses": [
        EACH.format(each="if i % 40 == 39: mean = loss.item()", after="pass"), "mean + 1"
    ],
    "losses by epoch and batch": [
        EACH.format(each="losses.append(loss.item())", after="pass"), "torch.tensor(losses).reshape(3, len(loader))"
    ],
    "a place far behind": [EACH.format(each="losses.append(loss.item())", after="losses[44]")],
    "a count that is asserted": [
        EACH.format(each="losses.append(loss.item())", after="assert len(losses) == (epoch + 1) * len(loader)")
    ],
    "guesses of all test images": [
        EACH.format(each="pass", after="guesses = [g for x, _ in test_loader for g in model(x).argmax(1).tolist()]\n"
        "    assert len(guesses) == 360")
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_what_few_batches_break_is_looked_at_for_longer(name):
    observed = observe(WHOLE[name])
    assert [cell.status for cell in observed.run.cells] == ["ok"] * (1 + len(WHOLE[name]))
    (model,) = observed.models
    assert (model.recipe.epochs, model.recipe.batch_size, said_of(model)) == (3, 32, {})


def test_what_fails_with_all_batches_is_the_students():
    observed = observe([EACH.format(each="pass", after="pass"), "losses[0]"])
    cell = observed.run.cells[2]
    assert (cell.status, cell.fault) == ("error", "student")
    assert "on a part of the data" not in cell.explanation


def test_what_may_fail_for_few_batches_alone_is_nobodys_where_all_are_too_dear():
    slow = EACH.format(each="import time; time.sleep(0.4)\n        if i % 40 == 39: mean = 1", after="mean")
    observed = observe([slow, "mean + 1", "def broken(:"], Limits(cell_seconds=20))
    cells = observed.run.cells[1:]
    assert [cell.fault for cell in cells] == ["grader", "grader", "student"]
    assert "which did not hold" in cells[0].explanation and "on a part of the data" in cells[0].explanation
    (model,) = observed.models
    assert not model.recipe.epochs_known


IDLE = "import time\nfor _ in range(200): time.sleep(0.2)"


def test_what_trains_nothing_for_long_is_interrupted_and_later_cells_train():
    cells = ["model = mlp(); train(model)", IDLE, "model = mlp(); train(model)", f"train(mlp())\n{IDLE}"]
    observed = observe(cells, Limits(cell_seconds=16))
    assert [cell.status for cell in observed.run.cells] == ["ok", "ok", "error", "ok", "error"]
    for cell in (observed.run.cells[2], observed.run.cells[4]):
        assert cell.fault == "grader"
        assert "Networks had been trained for a few steps only" in cell.explanation
    assert [model.cell for model in observed.models] == [2, 4, 5]


def test_a_cell_before_any_training_may_take_its_time():
    observed = observe(["import time\nfor _ in range(30): time.sleep(0.2)", "x = 1"], Limits(cell_seconds=16))
    assert [*notes(observed.run)] == []


def test_a_shuffle_that_is_given_only_where_there_is_a_gpu_is_taken_and_said():
    cells = (
        "use_cuda = torch.cuda.is_available()\nkwargs = {'shuffle': True, 'num_workers': 1} if use_cuda else {}",
        "model = mlp(); train(model, DataLoader(data, batch_size=32, **kwargs))",
    )
    (model,) = observe(cells).models
    assert (model.recipe.shuffle, model.recipe.batch_size) == (True, 32)
    ((said, serious),) = said_of(model).items()
    assert said.endswith("such as shuffle, that are given only where there is a GPU are taken as there") and not serious
