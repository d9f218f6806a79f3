"""How the fuzz tests run: a budget for CI, a larger one by hand, limits on each input, and how many were tried.

GRADER_FUZZ_EXAMPLES=5000 python -m pytest tests/fuzz    tries 5000 inputs in each test that would try fewer.
"""

import functools
import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_HERE = Path(__file__).parent
_MOST_SECONDS = 15  # of processor time that one input may take; most take a hundredth of one
_MOST_MEMORY = 1024  # MB that a test may take beyond what the process has taken before
_TRIED = [0]

settings.register_profile(
    "fuzz",
    deadline=None,  # wall time says little on a busy machine
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def pytest_collection_modifyitems(config, items):
    """All of this folder is deep. Count the inputs of each test."""
    most = int(os.environ.get("GRADER_FUZZ_EXAMPLES", 0))
    for item in items:
        if _HERE not in item.path.parents:
            continue
        item.add_marker("deep")
        handle = getattr(getattr(item, "obj", None), "hypothesis", None)
        if handle is not None:
            handle.inner_test = _counted(handle.inner_test)
            if most:
                chosen = item.obj._hypothesis_internal_use_settings
                item.obj._hypothesis_internal_use_settings = settings(chosen, max_examples=max(most, 1))


def _counted(test):
    """The test of one input, counted, and ended when it takes too long."""

    @functools.wraps(test)
    def one(*args, **kwargs):
        _TRIED[0] += 1
        signal.setitimer(signal.ITIMER_PROF, _MOST_SECONDS)
        try:
            return test(*args, **kwargs)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    return one


@pytest.fixture(autouse=True, scope="session")
def _clock():
    """What takes too long has failed, whatever it was doing."""

    def too_long(*_):
        raise TimeoutError(f"one input took more than {_MOST_SECONDS} s")

    before = signal.signal(signal.SIGPROF, too_long)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.fixture(autouse=True)
def _count(record_property):
    """How many inputs a test tried, for the summary of all tests."""
    before = _TRIED[0]
    yield
    record_property("inputs tried", _TRIED[0] - before)


@pytest.fixture(autouse=True)
def _memory():
    """No input may take much memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert more < _MOST_MEMORY, f"the inputs took {more} MB"
