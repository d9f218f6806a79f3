"""Runs on the processor what a notebook sends to a GPU that is not there."""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from ..origin import as_given

_GPUS = ("cuda", "mps")
# Functions that make tensors or take a device, by what holds them.
_TAKE_DEVICES = {
    "torch": (
        *("tensor", "as_tensor", "zeros", "ones", "empty", "full", "eye", "arange", "linspace", "logspace", "range"),
        *("rand", "randn", "randint", "randperm", "scalar_tensor", "from_file", "set_default_device", "load"),
        *("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "randint_like"),
        *("hann_window", "empty_strided", "asarray", "normal", "sparse_coo_tensor", "tril_indices", "triu_indices"),
    ),
    "Tensor": ("to", "new_zeros", "new_ones", "new_empty", "new_full", "new_tensor"),
    "Module": ("to",),
}  # fmt: skip
_KINDS = ("Float", "Double", "Half", "BFloat16", "Byte", "Char", "Short", "Int", "Long", "Bool")


def install(torch: Any) -> None:
    """What is sent to a GPU stays where it is; what asks about one is told of the processor."""
    for owner, names in _TAKE_DEVICES.items():
        holder = {"torch": torch, "Tensor": torch.Tensor, "Module": torch.nn.Module}[owner]
        for name in names:
            if hasattr(holder, name):
                _wrap(torch, holder, name)
    for owner in (torch.Tensor, torch.nn.Module):
        owner.cuda = lambda self, *args, **kwargs: self
    torch.Tensor.pin_memory = lambda self, *args, **kwargs: self
    _wrap(torch, importlib.import_module("torch.utils._device").DeviceContext, "__init__")
    _types(torch)
    _questions(torch.cuda)

    class Generator(torch.Generator):  # type: ignore[misc]  # of whatever torch the kernel has
        def __new__(cls, device: Any = "cpu") -> Any:
            return as_given(super().__new__, cls, _here(torch, device))

    torch.Generator = Generator


def _here(torch: Any, value: Any) -> Any:
    """The processor for a GPU, by name or as a device; any other value as it is."""
    if isinstance(value, str) and value.split(":")[0] in _GPUS:
        return "cpu"
    if isinstance(value, torch.device) and value.type in _GPUS:
        return torch.device("cpu")
    return value


def _wrap(torch: Any, owner: Any, name: str) -> None:
    """Have a function of `owner` put what it is told to put on a GPU on the processor."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        for key in ("device", "map_location"):
            if key in kwargs:
                kwargs[key] = _here(torch, kwargs[key])
        return as_given(original, *(_here(torch, value) for value in args), **kwargs)

    setattr(owner, name, call)


def _types(torch: Any) -> None:
    """`torch.cuda.FloatTensor` is `torch.FloatTensor`, by name and as a class."""
    for kind in _KINDS:
        setattr(torch.cuda, f"{kind}Tensor", getattr(torch, f"{kind}Tensor"))

    def on_processor(value: Any) -> Any:
        return value.replace("torch.cuda.", "torch.") if isinstance(value, str) else value

    for owner, name in ((torch.Tensor, "type"), (torch, "set_default_tensor_type"), (torch.nn.Module, "type")):
        original = getattr(owner, name)
        setattr(owner, name, _converted(original, on_processor))


def _converted(function: Callable[..., Any], convert: Callable[[Any], Any]) -> Callable[..., Any]:
    """The function, with each of its arguments converted."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return as_given(function, *map(convert, args), **{key: convert(value) for key, value in kwargs.items()})

    return call


class _Event:
    """A moment, as `torch.cuda.Event` measures it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.at = 0.0

    def record(self, *args: Any) -> None:
        """Take the time, in seconds."""
        self.at = time.perf_counter()

    def elapsed_time(self, other: _Event) -> float:
        """Milliseconds from this moment to the other."""
        return (other.at - self.at) * 1000

    def synchronize(self) -> None:
        """Nothing runs beside the program, so there is nothing to wait for."""
        return

    wait = synchronize

    def query(self) -> bool:
        """Whether all work before it is done: always."""
        return True


class _Stream(nullcontext[None]):
    """A queue of work that is always empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def synchronize(self, *args: Any) -> None:
        """As that of an event."""
        return

    wait_stream = wait_event = record_event = synchronize

    def query(self) -> bool:
        """Whether all of its work is done: always."""
        return True


def _questions(cuda: Any) -> None:
    """`is_available` stays False and `device_count` 0; what would raise without a GPU answers instead."""
    name = "CPU (no GPU while graded)"
    properties = SimpleNamespace(name=name, total_memory=0, major=0, minor=0, multi_processor_count=0)
    answers = {
        "current_device": 0, "get_device_name": name, "get_device_properties": properties,
        "get_device_capability": (0, 0), "mem_get_info": (0, 0), "memory_summary": "", "initial_seed": 0,
        "utilization": 0, "temperature": 0, "get_rng_state": None,
    }  # fmt: skip
    nothing = (
        *("synchronize", "set_device", "init", "ipc_collect", "reset_peak_memory_stats", "set_rng_state"),
        *("reset_max_memory_allocated", "reset_max_memory_cached", "set_per_process_memory_fraction"),
    )
    for key, answer in (answers | dict.fromkeys(nothing)).items():
        setattr(cuda, key, functools.partial(_answer, answer))
    cuda.Event, cuda.Stream = _Event, _Stream
    cuda.current_stream = cuda.default_stream = lambda *args, **kwargs: _Stream()
    cuda.stream = cuda.device = cuda.device_of = lambda *args, **kwargs: nullcontext()


def _answer(value: Any, *args: Any, **kwargs: Any) -> Any:
    """Put in place of a function that asks about the GPU: its answer, whatever is asked."""
    return value
