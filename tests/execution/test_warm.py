"""Processes that answer lines, forked from warm ones: confined as those that start cold, and each by itself."""

import threading
import time
from pathlib import Path

import psutil
import pytest

from grader.core.calls import Array
from grader.core.document import Document
from grader.core.errors import MachineError
from grader.core.limits import Limits
from grader.execution import Sandbox, try_layer, warm_workers
from grader.execution.caller import Functions
from grader.execution.documents import read_documents
from grader.execution.mathematics import Mathematics
from grader.execution.readings import Readings
from grader.execution.warm import ForkedProcess
from grader.execution.worker import Worker

pytestmark = pytest.mark.kernel

LAYERS = ("jail", "uid", "limits")
# What code finds of its own confinement, as numbers.
LOOK = """
import glob, os, resource, sys, threading

def status(name):
    return [line.split()[1] for line in open('/proc/self/status') if line.startswith(name + ':')][0]

def may(act):
    try:
        act()
    except OSError:
        return 0
    return 1

def look(x):
    kinds = ('DATA', 'FSIZE', 'CORE', 'NOFILE')
    limits = [n for kind in kinds for n in resource.getrlimit(getattr(resource, 'RLIMIT_' + kind))]
    rights = [int(status(name), 16) for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb')]
    others = [p for p in glob.glob('/proc/[0-9]*') if may(lambda: open(p + '/environ').read())]
    return [
        *limits, *rights, int(status('NoNewPrivs')), int(status('Seccomp')), threading.active_count(),
        os.getuid() == 0, os.getgid() == 0, len(os.getgroups()), hash(os.getcwd()) == hash(os.environ['HOME']),
        len({*os.environ} - {'PWD'}), len(os.listdir('/proc/self/fd')),
        len(glob.glob('/proc/[0-9]*')) < 10, len(others) < 10,
        may(lambda: os.listdir(%r)), may(lambda: os.listdir('/root')), may(lambda: open('/etc/shadow').read()),
        may(lambda: open('/etc/x', 'w')), may(lambda: open(os.path.dirname(os.__file__) + '/x', 'w')),
        any('rubric' in name or 'store' in name for name in sys.modules),
    ]
"""
HERE = str(Path(__file__).parents[2])
X = {"x": Array.of([1.0], (1,))}


def of(layer):
    found = try_layer(layer)
    if isinstance(found, str):
        pytest.skip(f"{layer} {found}")
    return found


def called(functions: Functions, source: str, name: str = "look"):
    functions.load([("a.py", 1, source)])
    answer = functions.call(name, X, 20)
    assert answer.value is not None, answer.trouble
    return list(answer.value.values)


def everything_below(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_forked_process_is_confined_as_one_that_starts_cold(layer, forking):
    found = []
    for sandbox in (of(layer), forking(of(layer))):
        with Functions(sandbox) as functions:
            found.append(called(functions, LOOK % HERE))
            assert isinstance(functions.worker.process, ForkedProcess) is (len(found) == 2)
    assert found[0] == found[1]


# kind: what starts and uses one of that kind
KINDS = {
    "readings": lambda sandbox: Worker("readings", sandbox, Limits(), packages=Readings(sandbox).worker.packages),
    "mathematics": lambda sandbox: Mathematics(sandbox).worker,
    "callee": lambda sandbox: Functions(sandbox).worker,
    "pages": lambda sandbox: Worker("pages", sandbox, Limits()),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_forked_and_ends_whole(kind, layer, forking):
    with KINDS[kind](forking(of(layer))) as worker:
        worker.start()
        first, folder = worker.process, worker.work.parent
        assert isinstance(first, ForkedProcess)
        assert worker.handed.is_dir()
    assert not folder.exists()
    assert first.poll() is not None
    assert first.stdin.closed
    assert everything_below(psutil.Process(first.warm.process.pid)) == []


def test_no_two_share_a_process(forking, sandbox):
    mark = "import sys\ndef look(x):\n    seen = getattr(sys, 'mark', 0)\n    sys.mark = 1\n    return [seen]\n"
    with Functions(forking(sandbox)) as one, Functions(forking(sandbox)) as other:
        assert [called(one, mark), called(one, mark), called(other, mark)] == [[0], [1], [0]]
        assert one.worker.process.warm is other.worker.process.warm
        pids = one.worker.process.pid, other.worker.process.pid
        assert pids[0] != pids[1]
    with Functions(forking(sandbox)) as next_one:
        assert called(next_one, mark) == [0]


def test_forked_processes_draw_other_numbers(forking, sandbox):
    draw = "import random\ndef look(x):\n    return [random.random(), np.random.rand()]\n"
    drawn = []
    for _ in range(2):
        with Functions(forking(sandbox)) as functions:
            drawn += called(functions, draw)
    assert len(set(drawn)) == 4


def test_a_library_is_held_by_the_processes_that_ask_for_it_alone(forking, sandbox):
    holds = "import sys\ndef look(x):\n    return [float('torch' in sys.modules)]\n"
    for library in ("numpy", "torch", "numpy"):
        with Functions(forking(sandbox), library) as functions:
            assert called(functions, holds) == [float(library == "torch")]
            assert isinstance(functions.worker.process, ForkedProcess)


def ready(sandbox: Sandbox):
    until = time.monotonic() + 60
    while not all(started[-1].ready for started in sandbox.warm.processes.values()):
        assert time.monotonic() < until
        time.sleep(0.05)


def read(readings: Readings, folder: Path) -> dict[str, Document]:
    (folder / "a.md").write_text("words")
    found, lost = read_documents({"a.md": folder / "a.md"}, folder, readings)
    assert lost == {}
    return found


def kill_the_first(workers):
    """End the first warm process as soon as there is one, which is long before it has imported all."""
    while not any(workers.processes.values()):
        time.sleep(0.01)
    ((started,),) = workers.processes.values()
    started.process.kill()


def test_a_warm_process_that_is_killed_while_it_imports_is_not_waited_for(sandbox, tmp_path):
    said = []
    with warm_workers(said.append) as workers:
        warm = sandbox.model_copy(update={"warm": workers})
        with Readings(warm) as readings:
            killing = threading.Thread(target=kill_the_first, args=[workers])
            killing.start()
            assert read(readings, tmp_path)
            killing.join()
            assert not isinstance(readings.worker.process, ForkedProcess)
        assert len(said) == 1 and "ended while importing" in said[0]
        with Readings(warm) as readings:  # another one has been started, and is waited for
            assert read(readings, tmp_path)
            assert isinstance(readings.worker.process, ForkedProcess)


@pytest.mark.parametrize("when", ["between submissions", "between questions"])
def test_another_takes_the_place_of_a_warm_process_that_is_killed(when, sandbox, tmp_path):
    with warm_workers() as workers:
        warm = sandbox.model_copy(update={"warm": workers})
        with Readings(warm) as readings:
            read(readings, tmp_path)
            assert isinstance(readings.worker.process, ForkedProcess)
        (started,) = workers.processes.values()
        with Readings(warm) as readings:
            if when == "between questions":
                read(readings, tmp_path)
            started[-1].process.kill()
            started[-1].process.wait()
            if readings.worker.process:
                readings.worker.process.wait(20)  # it ends a moment later
            assert read(readings, tmp_path)
            assert isinstance(readings.worker.process, ForkedProcess) and len(started) == 2


def test_what_is_killed_again_and_again_is_started_cold(sandbox, tmp_path):
    with warm_workers() as workers:
        warm, forked = sandbox.model_copy(update={"warm": workers}), []
        for _ in range(4):
            with Readings(warm) as readings:
                assert read(readings, tmp_path)
                forked.append(isinstance(readings.worker.process, ForkedProcess))
            (started,) = workers.processes.values()
            started[-1].process.kill()
            started[-1].process.wait()
    assert forked == [True, True, True, False] and len(started) == 3


def test_a_question_that_is_lost_with_the_warm_process_is_the_machines_failure(forking, sandbox, tmp_path):
    with warm_workers() as workers:
        functions = Functions(sandbox.model_copy(update={"warm": workers}))
        with functions:
            called(functions, "def look(x):\n    return x\n")
            functions.worker.end()
            ready(functions.worker.sandbox)
            functions.loaded = False
            called(functions, "def look(x):\n    return x\n")
            warm = functions.worker.process.warm
            functions.load([("a.py", 1, "import time\ndef look(x):\n    time.sleep(60)\n")])

            def kill(*_):
                warm.process.kill()
                return ""

            functions.worker._overrun = kill  # what is looked at while a question is under way
            with pytest.raises(MachineError, match="ended with the one that forked it"):
                functions.call("look", X, 30)


def test_one_that_fails_again_and_again_is_said_and_left(sandbox, monkeypatch):
    said = []
    with warm_workers(said.append) as workers:
        warm = sandbox.model_copy(update={"warm": workers})
        for _ in range(5):
            with Mathematics(warm) as mathematics:
                assert mathematics.equal("x + x", "2x").equal
            (started,) = workers.processes.values()
            started[-1].process.kill()
            started[-1].process.wait()
        assert len(started) == 3
        assert said
        assert all(line.startswith("the process for mathematics is started anew") for line in said)
