"""Notebooks that hang, crash, flood, fork, forge and pry: how each ends, and that nothing of it reaches the grader."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import uuid
from functools import partial
from pathlib import Path

import nbformat
import psutil
import pytest

from grader.core.limits import Limits
from grader.execution import run_notebook, try_layer, warm_kernels
from grader.observation.evidence import observe_notebook
from grader.observation.findings import read_variables

pytestmark = pytest.mark.kernel

# Behind every layer that a grader that is root has, and with kernels forked from a warm process.
LAYERS = ("jail", "uid", "limits", "warm jail", "warm uid", "warm limits")


def sandbox(layer):
    layer = layer.removeprefix("warm ")
    found = try_layer(layer)
    if isinstance(found, str):
        pytest.skip(f"{layer} {found}")
    return found


@pytest.fixture
def run(request):
    """Runs a notebook of these cells behind a layer."""
    return partial(ran, request)


def ran(request, layer, cells, files, **limits):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells])
    kernels = request.getfixturevalue("kernels") if layer.startswith("warm") else None
    return run_notebook(
        notebook, files, sandbox(layer), Limits(**limits), data=None, variables=(("found",),), warm=kernels
    )


def found(artefact):
    """The value of `found` in the notebook; it says what the notebook itself could see."""
    assert artefact.failure == "", artefact.failure
    assert [cell.error for cell in artefact.cells if cell.error] == []
    return read_variables(artefact.variables)["found"]


STUBBORN = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True: pass
    except BaseException: pass
"""

# name: (cells, limits, the state of each cell, what is said)
ENDS = {
    "raises": (["1 / 0", "x = 1"], {}, ["error", "ok"], "ZeroDivisionError: division by zero"),
    "is no Python": (["def", "x = 1"], {}, ["error", "ok"], "SyntaxError"),
    "asks for input": (["input()", "x = 1"], {}, ["error", "ok"], "StdinNotImplementedError"),
    "calls exit()": (["exit()\nx = 1", "assert x == 1", "quit()", "x = 2"], {}, ["ok"] * 4, ""),
    "calls sys.exit()": (["import sys; sys.exit(2)", "x = 1"], {}, ["error", "ok"], "SystemExit: 2"),
    "raises SystemExit": (["raise SystemExit", "x = 1"], {}, ["error", "ok"], "SystemExit"),
    "exits": (["import os; os._exit(3)", "x = 1"], {}, ["error", "ok"], "SystemExit: 3"),
    "aborts": (["import os; os.abort()", "x = 1"], {}, ["error", "ok"], "SystemExit: 6"),
    "kills itself": (["import os; os.kill(os.getpid(), 9)", "x = 1"], {}, ["error", "ok"], "SystemExit: 0"),
    "shuts its kernel down": (
        ["get_ipython().kernel.do_shutdown(True); import time; time.sleep(0.3)", "time.sleep(0.3)", "x = 1"],
        {}, ["ok"] * 3, "",
    ),
    "ends processes of its own": (
        [
            "import os\npid = os.fork()\nif not pid: os._exit(3)\n"
            "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3",
            "import time\npid = os.fork()\nif not pid: time.sleep(60)\nos.kill(pid, 9)\n"
            "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9",
            "import signal; heard = []; signal.signal(15, lambda *_: heard.append(1))\n"
            "os.kill(os.getpid(), 15)\nassert heard",
        ],
        {}, ["ok"] * 3, "",
    ),
    "falls": (["import ctypes; ctypes.string_at(0)", "x = 1"], {}, ["died", "not run"], "cell 1: the kernel died"),
    "hangs": (
        ["x = 1", "import time; time.sleep(60)", "x += 1", "assert x == 2"], {"cell_seconds": 3},
        ["ok", "timeout", "ok", "ok"], "took longer than the 3 s that a cell may take",
    ),
    "catches its interruption": (
        ["import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: x = 1", "assert x == 1"], {"cell_seconds": 3},
        ["timeout", "ok"], "took longer than the 3 s that a cell may take",
    ),
    "catches every error for a while": (
        ["import time\nfor _ in range(3):\n    try: time.sleep(60)\n    except BaseException: pass", "x = 1"],
        {"cell_seconds": 3}, ["timeout", "ok"], "took longer than the 3 s that a cell may take",
    ),
    "hangs again and again": (
        ["import time; time.sleep(60)", "time.sleep(60)", "time.sleep(60)"],
        {"cell_seconds": 3, "notebook_seconds": 8}, ["timeout"] * 3, "cell 3: took longer than the 8 s",
    ),
    "won't be interrupted": (
        [STUBBORN, "x = 1"], {"cell_seconds": 1}, ["timeout", "not run"], "cell 1: took longer than the 1 s",
    ),
    "takes too long in all": (
        ["import time; time.sleep(0.5)", "time.sleep(60)"], {"notebook_seconds": 4}, ["ok", "timeout"],
        "cell 2: took longer than the 4 s that a notebook may take",
    ),
    "takes too much memory": (
        ["x = bytearray(3 << 30)", "x = 1"], {"memory_mb": 1024}, ["error", "ok"],
        "MemoryError:  (a notebook may use 1,024 MB of memory while it is graded",
    ),
    "writes too large a file": (
        ["open('large', 'wb').write(bytes(5 << 20))", "x = 1"], {"file_mb": 1}, ["error", "ok"],
        "File too large (a file may have 1 MB)",
    ),
    "fills the disk": (
        ["for i in range(30): open(f'file{i}', 'wb').write(bytes(1 << 20))\nimport time; time.sleep(20)", "x = 1"],
        {"disk_mb": 20}, ["died", "not run"], "cell 1: it wrote more than the 20 MB that a notebook may",
    ),
    "makes too many files": (
        ["import os\nfor i in range(25_000): os.mkdir(str(i))\nimport time; time.sleep(20)", "x = 1"],
        {}, ["died", "not run"], "cell 1: it made more than the 20,000 files and folders that a notebook may",
    ),
    "takes too much memory in many processes": (
        [
            "import os, time\nfor i in range(16):\n    if os.fork() == 0:\n        x = b'x' * (120 << 20)\n"
            "        time.sleep(20)\n        os._exit(0)\ntime.sleep(20)",
            "x = 1",
        ],
        {"memory_mb": 1536}, ["died", "not run"], "; a notebook may use 1,536 MB",
    ),
    "breaks its replies": (
        ["get_ipython().kernel.do_execute = lambda *a, **k: None", "x = 1"], {"cell_seconds": 3},
        ["ok", "timeout"], "took longer",
    ),
    "has modules named like those of Python": (["import torch, json, random, numpy"], {}, ["ok"], ""),
}  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", ENDS)
def test_how_a_notebook_ends(name, layer, tmp_path, run):
    if layer == "limits" and name not in ("hangs", "falls", "takes too much memory"):
        return  # the same code runs either way; these three rest on the layer
    cells, limits, states, said = ENDS[name]
    if "modules" in name:
        for module in ("torch", "random", "json", "numpy"):
            (tmp_path / f"{module}.py").write_text("raise ImportError('the student's own')")
    artefact = run(layer, cells, tmp_path, **limits)
    assert [cell.status for cell in artefact.cells] == states
    assert said in f"{artefact.failure} {[cell.error for cell in artefact.cells]}"
    assert bool(artefact.failure) == (bool({"not run", "died"} & {*states}) or "may take" in artefact.failure)


FLOODS = {
    "prints without end": "while True: print('x' * 1000)",
    "shows without end": "from IPython.display import display, HTML\nwhile True: display(HTML('x' * 100000))",
    "prints much at once": "print('x' * 200_000_000)",
    "raises much": "raise ValueError('x' * 3_000_000)",
}


@pytest.mark.parametrize("name", FLOODS)
def test_output_costs_the_grader_no_memory(name, tmp_path):
    """Measured in a process of its own, since memory that is given back stays with a process."""
    script = f"""
        import threading, time, psutil, nbformat
        from pathlib import Path
        from grader.core.limits import Limits
        from grader.execution import find_sandbox, run_notebook
        memory, peak = psutil.Process().memory_info, [0]
        def run(source):
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
            return run_notebook(notebook, Path({str(tmp_path)!r}), find_sandbox(), Limits(cell_seconds=2), data=None)
        def watch():
            while True:
                peak[0] = max(peak[0], memory().rss)
                time.sleep(0.01)
        run("x = 1")
        before = memory().rss
        threading.Thread(target=watch, daemon=True).start()
        run({FLOODS[name]!r})
        print((peak[0] - before) / 2**20)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 64


@pytest.mark.parametrize("layer", LAYERS)
def test_no_process_survives(layer, tmp_path, run):
    mark = f"survivor-{uuid.uuid4()}"
    fork = f"""
        import os, subprocess, sys
        sleep = [sys.executable, "-c", "import time; time.sleep(300)", {mark!r}]
        subprocess.Popen(sleep)
        subprocess.Popen(sleep, start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sleep[0], sleep)
            os._exit(0)
    """
    running = threading.Thread(target=run, args=(layer, [fork, "import time; time.sleep(2)"], tmp_path))
    running.start()
    most = 0
    while running.is_alive():
        most = max(most, len(marked(mark)))
        time.sleep(0.1)
    assert most == 3
    assert marked(mark) == []


def marked(mark):
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.cmdline():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


FORGED = {
    "trainings": [
        {
            "number": 0, "model": 1, "variable": "model", "cell": 1,
            "optimizer": {"type": "Adam", "settings": {"lr": 0.001}},
            "spec": {"layers": [{"type": "Linear", "settings": {"in_features": 64, "out_features": 10**12}}]},
            "groups": [], "losses": [{"type": "CrossEntropyLoss"}], "steps": 3, "samples": 96, "largest_batch": 32,
            "different_batches": 3, "loops": 1, "steps_in_loops": 3, "batches_in_loops": 3,
            "loaders": [], "input_shape": [64], "seen": [], "schedules": [], "gaps": [],
        }
    ]
}  # fmt: skip
REPLACED = {
    "a link": "os.symlink(HOST, path)",  # to a file that only the grader could follow it to
    "a pipe": "os.mkfifo(path)",
    "a folder": "os.mkdir(path)",
    "nothing": "",
    "a huge file": "f = open(path, 'wb'); f.truncate(60 << 20); f.close()",
    "no JSON": "open(path, 'w').write('{')",
    "deep JSON": "open(path, 'w').write('[' * 100000)",
    "other JSON": "open(path, 'w').write('[1, 2]')",
    "JSON of other types": """open(path, 'w').write('{"trainings": [{"model": "x"}]}')""",
    "no text": "open(path, 'wb').write(bytes(range(256)))",
    "a forged network": f"open(path, 'w').write({json.dumps(FORGED)!r})",
}


@pytest.mark.parametrize("name", REPLACED)
def test_a_report_that_the_notebook_replaced(name, tmp_path, run):
    host = tmp_path / "host.json"
    host.write_text('{"trainings": []}')
    (tmp_path / "mine").mkdir()
    replace = f"""
        HOST = {str(host)!r}
        import os, shutil
        get_ipython().events.callbacks["post_run_cell"].clear()  # what the probe would write last
        path = os.path.expanduser("~/findings.json")
        os.remove(path)
        {REPLACED[name]}
    """
    artefact = run("jail", [replace], tmp_path / "mine")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")])
    seen = {"cells": artefact.cells, "findings": artefact.findings, "failure": artefact.failure}
    observed = observe_notebook(notebook, "a.ipynb", **seen)
    problems = [observed.run.failure, *(model.problem for model in observed.models)]
    words = {"a forged network": "out_features=1000000000000 is absurdly large"}.get(name, "what the notebook reported")
    assert any(words in problem for problem in problems), problems


LOOK = """
    import os, pathlib, socket
    def can(act):
        try:
            return act() or True
        except OSError:
            return False
    path = pathlib.Path
"""
# What a notebook in the jail tries, as an expression that is true when it succeeds.
TRIES = {
    "connect to the network": "can(lambda: socket.create_connection(('1.1.1.1', 53), 2))",
    "connect to this machine": "can(lambda: socket.create_connection(('127.0.0.1', {port}), 2))",
    "read the rubrics": "can(lambda: path({rubrics!r}).read_text())",
    "list the checkout": "can(lambda: os.listdir({checkout!r} + '/grader'))",
    "import the grader": "__import__('importlib.util').util.find_spec('grader.core')",
    "read the home folder": "set(can(lambda: os.listdir({home!r})) or []) - {python!r}",
    "read another submission": "can(lambda: path({other!r}).read_text())",
    "see the grader's environment": "'{secret}' in str(os.environ) + str(can(path('/proc/1/environ').read_text))",
    "see other processes": "any('pytest' in p.read_text() for p in path('/proc').glob('[0-9]*/cmdline'))",
    "write to the system": "any(can(path(p + '/written').touch) for p in ('/usr', {prefix!r}))",
    "mount": "__import__('ctypes').CDLL(None).mount(b'none', b'/mnt', b'tmpfs', 0, None) == 0",
    "have a capability": "'CapEff:\\t0000000000000000' not in path('/proc/self/status').read_text()",
    "fill the memory": "can(lambda: [path(f'/dev/shm/{{i}}').write_bytes(bytes(1 << 20)) for i in range(600)])",
}  # fmt: skip


def test_what_the_jail_keeps_out(tmp_path, monkeypatch, run):
    secret = uuid.uuid4().hex
    monkeypatch.setenv("GRADER_TEST_SECRET", secret)
    checkout = Path(__file__).resolve().parents[2]
    other = tmp_path / "other"
    other.write_text("x")
    (tmp_path / "mine").mkdir()
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {
            "port": server.getsockname()[1], "rubrics": str(checkout / "rubrics" / "demo.yaml"), "secret": secret,
            "checkout": str(checkout), "home": str(Path.home()), "other": str(other), "prefix": sys.prefix,
            "python": {part for name in (sys.prefix, sys.base_prefix) for part in Path(name).parts},
        }  # fmt: skip
        tries = ", ".join(f"bool({expression.format(**places)})" for expression in TRIES.values())
        done = found(run("jail", [textwrap.dedent(LOOK) + f"found = [{tries}]"], tmp_path / "mine"))
    assert dict(zip(TRIES, done, strict=True)) == dict.fromkeys(TRIES, False)


@pytest.mark.parametrize("layer", LAYERS)
def test_pip_does_nothing(layer, tmp_path, run):
    cells = ["!pip uninstall -y intruder", "a = _exit_code", "!python -m pip list", "found = [a, _exit_code]"]
    assert found(run(layer, cells, tmp_path)) == [1, 1]


def test_colab_habits(tmp_path, run):
    (tmp_path / "helper.py").write_text("def twice(x): return 2 * x")
    (tmp_path / "numbers.csv").write_text("1,2")
    cells = [
        "from google.colab import drive, files; drive.mount('/content/drive'); files.download('x')",
        "%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1]); plt.show()",
        "from helper import twice; found = [twice(3), open('numbers.csv').read(), __import__('os').getcwd()]",
        "open('new.txt', 'w').write('x'); await __import__('asyncio').sleep(0)",
    ]
    assert found(run("jail", cells, tmp_path)) == [6, "1,2", "/content"]
    assert not (tmp_path / "new.txt").exists()


def test_links_and_pipes_are_left_out(tmp_path, run):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("a")
    assert found(run("jail", ["import os; found = sorted(os.listdir()) + os.listdir('sub')"], tmp_path)) == [
        "sub",
        "a.txt",
    ]


def test_nothing_is_left_behind(tmp_path, monkeypatch, run):
    made, make = [], tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **k: made.append(make(*a, **k)) or made[-1])
    run("limits", ["import os; os.makedirs('a/b'); os.chmod('a', 0); os.chmod('.', 0o500)"], tmp_path)
    assert made
    assert not any(Path(folder).exists() for folder in made)


def test_a_magic_that_runs_a_cell_within_is_one_cell(tmp_path, run):
    cells = [
        "%%capture\nimport torch\nmodel = torch.nn.Linear(2, 2)",
        "%%capture\nx = 1",
        "opt = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "torch.nn.functional.cross_entropy(model(torch.rand(4, 2)), torch.zeros(4).long()).backward(); opt.step()",
    ]
    assert [training["cell"] for training in json.loads(run("jail", cells, tmp_path).findings)["trainings"]] == [3]


@pytest.mark.parametrize("layer", LAYERS)
def test_what_runs_a_notebook_is_no_part_of_its_loops(layer, tmp_path, run):
    """Whether a condition may end a training is read in the functions that the step was called from."""
    cell = """
        import torch
        model = torch.nn.Linear(2, 2)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            torch.nn.functional.cross_entropy(model(torch.rand(4, 2)), torch.zeros(4).long()).backward(); opt.step()
            opt.zero_grad()
    """
    (training,) = json.loads(run(layer, [cell], tmp_path).findings)["trainings"]
    assert training["gaps"] == []


def test_a_warm_kernel_holds_what_its_code_speaks_of(tmp_path):
    code = "import sys; found = [name in sys.modules for name in ('pandas', 'sklearn', 'skimage')]"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    with warm_kernels() as kernels:  # one that nothing was run in: what it has imported once stays
        while not kernels.ready:
            time.sleep(0.1)
        artefact = run_notebook(
            book, tmp_path, sandbox("jail"), Limits(), data=None, variables=(("found",),), warm=kernels
        )
    assert found(artefact) == [True, True, False]


ENDINGS = {"before it is ready": "the warm process ended while importing", "later": "the warm process ended"}


@pytest.mark.parametrize("when", ENDINGS)
def test_a_warm_process_that_ends_is_said_and_kernels_start_cold(when, tmp_path):
    said = []
    with warm_kernels(said.append) as kernels:
        while when == "later" and not kernels.ready:
            time.sleep(0.1)
        kernels.process.kill()
        kernels.process.wait()
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("found = 1")])
        artefact = run_notebook(
            book, tmp_path, sandbox("jail"), Limits(), data=None, variables=(("found",),), warm=kernels
        )
        assert found(artefact) == 1
        assert said == [ENDINGS[when]]
        assert not kernels.ready


@pytest.mark.parametrize("layer", ["jail", "warm jail"])
def test_variables_are_named_after_the_last_cell_one_group_after_the_other(request, layer, tmp_path):
    spy = """
        import glob, sys
        guest, heard = sys.modules["grader_guest"], []
        honest, first, second = guest.hand_over, 1, 2
        config = "".join(open(path).read() for path in glob.glob("/tmp/grader-*/guest/config.json"))

        def hand_over(path, names):
            heard.append(names)
            honest(path, names)

        guest.hand_over = hand_over
    """
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(spy))])
    kernels = request.getfixturevalue("kernels") if layer.startswith("warm") else None
    groups = ("config", "first", "heard"), ("second",)
    artefact = run_notebook(book, tmp_path, sandbox(layer), Limits(), data=None, variables=groups, warm=kernels)
    values = read_variables(artefact.variables)
    assert (values["first"], values["second"], values["heard"]) == (1, 2, [["config", "first", "heard"]])
    assert '"watches"' in values["config"] and '"second"' not in values["config"] and '"first"' not in values["config"]


def test_a_kernel_that_is_dead_hands_nothing_over(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import ctypes; found = 1; ctypes.string_at(0)")])
    artefact = run_notebook(book, tmp_path, sandbox("jail"), Limits(), data=None, variables=(("found",),))
    assert read_variables(artefact.variables) == {} and artefact.cells[0].status == "died"
