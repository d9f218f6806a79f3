"""What all tests share: their tiers, the sandboxed processes, a cache of their own, and skips that fail in CI.

A test is `deep` or `kernel` where its file or a fixture of it says so, and else fast. A fast test that starts a process
fails, so nothing slow is among them unnoticed.
"""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tests run side by side, and threads of several that wait for each other take many times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# In CI the same inputs each time, so that a change fails for what it changes; by hand new ones each time. How long it
# takes to make inputs says how busy the machine is.
settings.register_profile("by hand", suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("by hand"), derandomize=True)
settings.load_profile("ci" if os.environ.get("GRADER_NO_SKIP") else "by hand")


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


@pytest.fixture(scope="session")
def sandbox():
    """What confines a process on this machine."""
    from grader.execution import find_sandbox

    return find_sandbox()


@pytest.fixture(scope="session")
def kernels():
    """One warm process that kernels are forked from at once; None where the machine can't."""
    from grader.execution import warm_kernels

    with warm_kernels() as warm:
        assert warm is None or warm.wait_ready(), warm.state
        yield warm


@pytest.fixture(scope="session")
def forking():
    """Makes of a sandbox one whose processes for lines are forked."""
    from grader.execution import warm_workers

    with warm_workers() as workers:
        yield lambda sandbox: sandbox.model_copy(update={"warm": workers})


@pytest.fixture(scope="module", params=["cold", "forked"])
def either(request, sandbox):
    """What confines a process on this machine, each started by itself, and each forked."""
    return sandbox if request.param == "cold" else request.getfixturevalue("forking")(sandbox)


@pytest.fixture(scope="module")
def mathematics(either):
    """A process that compares expressions, started."""
    from grader.execution import Mathematics

    with Mathematics(either) as process:
        process.seconds = 20  # what is read at all is read on a busy machine too
        process.equal("1", "1")
        process.seconds = 5
        yield process


_SANDBOXED = {"sandbox", "forking", "either", "kernels", "mathematics", "tools"}


def pytest_collection_modifyitems(config, items):
    """What takes a sandboxed process is of the kernel tier, whether or not it says so.

    Tests of a GPU are left out where there is none: no skip, since no CI machine can have what they need.
    """
    for item in items:
        if not item.get_closest_marker("deep") and _SANDBOXED.intersection(item.fixturenames):
            item.add_marker("kernel")
    of_gpus = [item for item in items if item.get_closest_marker("gpu")]
    if of_gpus:
        import torch

        if not torch.cuda.is_available():
            config.hook.pytest_deselected(items=of_gpus)
            items[:] = [item for item in items if item not in of_gpus]


def tier(item):
    """The tier of a test."""
    return next((name for name in ("deep", "kernel") if item.get_closest_marker(name)), "fast")


_STARTED = []  # the processes that this one has started: what was called


def _notice(event, arguments):
    if event == "subprocess.Popen":
        _STARTED.append(arguments[1])


sys.addaudithook(_notice)


@pytest.fixture(autouse=True)
def _fast_tests_start_no_process(request):
    """Nobody has to remember to mark a test."""
    before = len(_STARTED)
    yield
    if tier(request.node) == "fast" and len(_STARTED) > before:
        pytest.fail(f"a fast test starts a process: mark it `kernel`, or take a fixture that is: {_STARTED[before]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A report knows its test's tier. With GRADER_NO_SKIP set, as in CI, a skipped test has failed."""
    report = yield
    report.tier = tier(item)
    if report.skipped and os.environ.get("GRADER_NO_SKIP") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        why = call.excinfo.value if call.excinfo else "marked"
        report.longrepr = f"{item.nodeid} was skipped where no test may be: {why}"
    return report


_TRIED = Counter()  # inputs of the fuzz tests, by file
_TESTS, _SECONDS = Counter(), Counter()  # by tier


def pytest_runtest_logreport(report):
    """Gather how long a test took and what it says that it tried, in whatever process it ran."""
    _SECONDS[report.tier] += report.duration
    if report.when == "teardown":
        _TESTS[report.tier] += 1
        kind = Path(report.nodeid.split("::")[0]).stem.removeprefix("test_fuzz_")
        _TRIED[kind] += dict(report.user_properties).get("inputs tried", 0)


def pytest_terminal_summary(terminalreporter):
    for name, count in sorted(_TESTS.items()):
        terminalreporter.write_line(f"{name}: {count:,} tests, {_SECONDS[name]:.0f} s")
    if tried := +_TRIED:
        each = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tried.items()))
        terminalreporter.write_line(f"inputs tried: {tried.total():,} ({each})")
