"""Each layer as root, as an unprivileged user, and as root with no more than Docker's capabilities."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

DOCKER = (
    "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,"
    "setfcap"
)
PEOPLE = {
    "root": [],
    "a user": ["--reuid", "12345", "--regid", "12345", "--clear-groups"],
    "root as in Docker": [
        "--bounding-set", "-all," + ",".join(f"+{name}" for name in DOCKER.split(",")), "--inh-caps", "-all",
    ],
}  # fmt: skip
SHARED, AGENT = "write shared memory", "reach an agent's socket"
# (who grades, the layer): what the self-test gets through to
OFFERED = {
    ("root", "jail"): [],
    ("root", "uid"): [SHARED],
    ("a user", "jail"): [],
    ("a user", "landlock"): [AGENT, SHARED],
    ("root as in Docker", "uid"): [SHARED],
}
SCRIPT = """
    import json, sys, tempfile, time
    from pathlib import Path
    import nbformat
    from grader.core.limits import Limits
    from grader.execution import run_notebook, try_layer, warm_kernels
    from grader.observation.findings import read_variables

    if __name__ == "__main__":
        layer = sys.argv[1]
        sandbox = try_layer(layer)
        if isinstance(sandbox, str):
            sys.exit(sandbox)
        cell = '''
    import os, torch
    capabilities = [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")]
    found = [os.getuid(), capabilities, os.getcwd()]
    '''
        cell = "\\n".join(line.strip() for line in cell.splitlines())
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        runs = []
        with warm_kernels() as warm, tempfile.TemporaryDirectory() as folder:
            while not warm.ready and warm.state == "is still importing":
                time.sleep(0.1)
            for kernels in (None, warm):
                run = run_notebook(
                    book, Path(folder), sandbox, Limits(), data=None, variables=(("found",),), warm=kernels
                )
                assert not run.failure and not run.cells[0].error, (run.failure, run.cells)
                runs.append(read_variables(run.variables)["found"])
        print(json.dumps([sandbox.open, sandbox.own_user, warm.state, runs]))
"""


@pytest.fixture
def anyone(tmp_path_factory):
    """A folder of their own for other users, who must be able to enter those of Python and of this checkout."""
    for needed in (Path(sys.executable).resolve(), Path(sys.prefix), Path(__file__)):
        closed = [str(path) for path in needed.parents if not path.stat().st_mode & 0o001]
        if closed:
            pytest.skip(f"other users can't enter {closed[0]}, where {needed.name} lies")
    home = Path("/tmp") / f"grader-test-{os.getpid()}"
    home.mkdir()
    home.chmod(0o777)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize(("person", "layer"), OFFERED)
def test_a_layer(person, layer, anyone):
    if os.getuid() != 0:
        pytest.skip("only root can be everyone")
    script = anyone / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    command = ["setpriv", *PEOPLE[person], sys.executable, script, layer] if PEOPLE[person] else None
    done = subprocess.run(
        command or [sys.executable, script, layer],
        env={"PATH": "/usr/bin:/bin", "HOME": str(anyone), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, timeout=120, cwd=anyone, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reached, own_user, warm, runs = json.loads(done.stdout)
    assert reached == OFFERED[person, layer]
    assert warm == "ready"
    assert len(runs) == 2
    for uid, capabilities, _ in runs:
        assert own_user is (uid not in (0, 12345))
        # The bounding set bounds nothing that a process without privileges could become.
        assert set(capabilities[:3]) == {"0" * 16}
