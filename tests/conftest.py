"""What all tests share: a cache of their own, and skips that count as failures where everything is installed."""

import os
from collections import Counter
from pathlib import Path

import pytest
import warm
from hypothesis import settings

# Tests run side by side, and threads of several that wait for each other take many times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# In CI the same inputs each time, so that a change fails for what it changes; by hand new ones each time.
settings.register_profile("ci", derandomize=True)
if os.environ.get("GRADER_NO_SKIP"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Trainings and unpacked data of the tests never mix with the user's."""
    before = os.environ.get("GRADER_CACHE")
    os.environ["GRADER_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["GRADER_CACHE"]
    else:
        os.environ["GRADER_CACHE"] = before


@pytest.fixture(autouse=True, scope="session")
def _warm_kernels():
    """The process that a test's kernels were forked from ends with the tests."""
    yield
    warm.end()


def pytest_collection_modifyitems(config, items):
    """Tests of a GPU are left out where there is none: no skip, since no CI machine can have what they need."""
    of_gpus = [item for item in items if item.get_closest_marker("gpu")]
    if of_gpus:
        import torch

        if not torch.cuda.is_available():
            config.hook.pytest_deselected(items=of_gpus)
            items[:] = [item for item in items if item not in of_gpus]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With GRADER_NO_SKIP set, as in CI, a skipped test has failed: what it needs should be there."""
    report = yield
    if report.skipped and os.environ.get("GRADER_NO_SKIP") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        why = call.excinfo.value if call.excinfo else "marked"
        report.longrepr = f"{item.nodeid} was skipped where no test may be: {why}"
    return report


_TRIED = Counter()  # inputs of the fuzz tests, by file


def pytest_runtest_logreport(report):
    """Gather what a test says that it tried, in whatever process it ran."""
    if report.when == "teardown":
        kind = Path(report.nodeid.split("::")[0]).stem.removeprefix("test_fuzz_")
        _TRIED[kind] += dict(report.user_properties).get("inputs tried", 0)


def pytest_terminal_summary(terminalreporter):
    if tried := +_TRIED:
        each = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tried.items()))
        terminalreporter.write_line(f"inputs tried: {tried.total():,} ({each})")
