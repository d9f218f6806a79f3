"""What tests of trainings share."""

import pytest


@pytest.fixture
def one_thread():
    """Small networks are trained fastest so, and always by the same sums."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
