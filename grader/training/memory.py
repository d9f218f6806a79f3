"""Whether an error says that memory ran out."""

import torch

# torch gives no error of its own to its CPU allocator's failure: a RuntimeError that begins with where it was raised.
_CPU_ALLOCATOR = "DefaultCPUAllocator"


def ran_out(error: BaseException) -> bool:
    """Whether memory ran out, on the host or on a device."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and _CPU_ALLOCATOR in str(error)
