"""Settings that a notebook gives only where there is a GPU are taken as there, and nothing else is."""

import ast
import builtins
from types import SimpleNamespace

import pytest

from grader.guest.standin import gpu_settings

# name: (cells, what `found` holds in the end, whether a setting was taken as with a GPU)
CASES = {
    "a dictionary or another": (
        ["found = {'shuffle': True} if torch.cuda.is_available() else {}"], {"shuffle": True}, True
    ),
    "the other way round": (
        ["found = {} if not torch.cuda.is_available() else dict(shuffle=True, num_workers=4)"], {"shuffle": True}, True
    ),
    "by a variable, in a later cell, with workers": (
        [
            "no_cuda = False\nuse_cuda = not no_cuda and torch.cuda.is_available()",
            "found = {'num_workers': 2, 'pin_memory': True, 'shuffle': True} if use_cuda else {}",
        ],
        {"shuffle": True},
        True,
    ),
    "a flag that says no": (
        [
            "no_cuda = True\nuse_cuda = not no_cuda and torch.cuda.is_available()\n"
            "found = {'shuffle': True} if use_cuda else {}"
        ],
        {},
        False,
    ),
    "an argument of a script": (
        ["args.cuda = torch.cuda.is_available()\nfound = {'shuffle': True} if args.cuda else {}"],
        {"shuffle": True},
        True,
    ),
    "a device": (
        [
            "device = torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')\n"
            "found = {'shuffle': True, 'batch_size': 9} if device.type == 'cuda' else {'batch_size': 9}"
        ],
        {"shuffle": True, "batch_size": 9},
        True,
    ),
    "a device by its name": (
        [
            "use_cuda = torch.cuda.is_available()\ndevice = 'cuda' if use_cuda else 'cpu'\n"
            "found = {'shuffle': device == 'cuda'}\nif device == 'cuda': found['shuffle'] = True"
        ],
        {"shuffle": True},
        True,
    ),
    "statements, as in the example of torch": (
        [
            "use_cuda = torch.cuda.is_available()\nfound = {'batch_size': 64}\nif use_cuda:\n"
            "    cuda_kwargs = {'num_workers': 1, 'pin_memory': True, 'shuffle': True}\n    found.update(cuda_kwargs)"
        ],
        {"batch_size": 64, "shuffle": True},
        True,
    ),
    "statements within a function, beside what is nothing here": (
        [
            "use_cuda = torch.cuda.is_available()\ndef make():\n    settings = {}\n    if use_cuda:\n"
            "        print('on the GPU')\n        settings.update(shuffle=True)\n    return settings\nfound = make()"
        ],
        {"shuffle": True},
        True,
    ),
    "an argument of a call": (
        [
            "use_cuda = torch.cuda.is_available()\n"
            "found = dict(shuffle=use_cuda, batch_size=64 if use_cuda else 8, drop_last=False)"
        ],
        {"shuffle": True, "batch_size": 64, "drop_last": False},
        True,
    ),
    "a number": (["batch_size = 64 if torch.cuda.is_available() else 8\nfound = batch_size"], 64, True),
    "the same either way": (
        ["found = {'shuffle': True} if torch.cuda.is_available() else {'shuffle': True, 'num_workers': 0}"],
        {"shuffle": True, "num_workers": 0},
        False,
    ),
    # what is left as it is
    "only how fast batches come": (
        ["found = {'num_workers': 4, 'pin_memory': True} if torch.cuda.is_available() else {}"], {}, False
    ),
    "a device alone": (["found = 'cuda' if torch.cuda.is_available() else 'cpu'"], "cpu", False),
    "statements that need a GPU": (
        ["found = {}\nif torch.cuda.is_available():\n    found['shuffle'] = True\n    found['at'] = torch.fly()"],
        {},
        False,
    ),
    "another condition": (["found = {'shuffle': True} if len([]) else {}"], {}, False),
    "a condition that is more than a name": (
        ["seen = []\nfound = {'shuffle': True} if seen.append(1) or torch.cuda.is_available() else {}"], {}, False
    ),
    "a name that was given another value": (
        ["use_cuda = torch.cuda.is_available()", "use_cuda = False\nfound = {'shuffle': True} if use_cuda else {}"],
        {},
        False,
    ),
    "a second GPU": (["found = {'shuffle': True} if torch.cuda.device_count() > 1 else {}"], {}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_taken(name):
    cells, expected, taken = CASES[name]
    shell = SimpleNamespace(ast_transformers=[])
    with_gpu = gpu_settings.install(shell)
    cuda = SimpleNamespace(is_available=lambda: False, device_count=lambda: 0)
    torch = SimpleNamespace(cuda=cuda, device=lambda name: SimpleNamespace(type=name.partition(":")[0]))
    namespace = {"torch": torch, "args": SimpleNamespace()}
    for cell in cells:
        exec(compile(shell.ast_transformers[0].visit(ast.parse(cell)), "<cell>", "exec"), namespace)
    assert namespace["found"] == expected
    assert with_gpu.taken == taken


@pytest.fixture(autouse=True)
def _helper_is_removed():
    yield
    for name in [name for name in vars(builtins) if name.startswith("__grader")]:
        delattr(builtins, name)
