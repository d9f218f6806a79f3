"""Which layer this machine offers, and what each leaves open: canaries sent through the same command as notebooks."""

import json
import os
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psutil

from grader.core.limits import Limits
from grader.execution.sandbox import SANDBOX_LAYERS, Layer, Sandbox, give

_SECONDS = 20
_WORKS = {
    "jail": "Notebooks run in a bubblewrap jail: no network, no access to the machine's files.",
    "uid": "Notebooks run as a user of their own, with Landlock and a filter of system calls.",
    "landlock": "Notebooks run behind Landlock and a filter of system calls, as the user who grades.",
}

# Tries what a hostile notebook would, and says what it could. Each line of `tries` is one canary.
_CANARIES = """
import json, os, socket, sys
told = json.loads(sys.argv[1])
def connect(family, kind, where):
    with socket.socket(family, kind) as s:
        s.settimeout(2)
        s.connect(where)
        s.send(b"x")
def listen():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0)), s.listen()
def linger():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(30)", told["mark"]])
        os._exit(0)
    os.wait()
    os.stat("/nowhere")
def write(path):
    with open(path, "a") as file:
        file.write("x")
tries = {
    "read the grader's files": lambda: open(told["secret"]).read(),
    "read another submission": lambda: open(told["other"]).read(),
    "list the folder above": lambda: os.listdir(told["base"]).index("other"),
    "read the grader's environment": lambda: open(f"/proc/{told['grader']}/environ").read().index(told["mark"]),
    "change a result": lambda: write(told["result"]),
    "signal the grader": lambda: os.kill(told["grader"], 9),
    "connect to this machine": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", told["tcp"])),
    "send a datagram": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", told["udp"])),
    "listen on a port": listen,
    "reach an agent's socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, told["agent"]),
    "reach an abstract socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\\0" + told["mark"]),
    "write shared memory": lambda: write("/dev/shm/" + told["mark"]),
    "leave a process behind": linger,
}
could = []
for name, attempt in tries.items():
    try:
        attempt()
        could.append(name)
    except Exception:
        pass
print(json.dumps(could))
"""


@cache
def find_sandbox() -> Sandbox:
    """The best layer that works on this machine."""
    reasons = []
    for layer in SANDBOX_LAYERS[:-1]:
        found = try_layer(layer)
        if isinstance(found, Sandbox):
            return found
        reasons.append(f"{layer}: {found}")
    why = "; ".join(reasons)
    return Sandbox(
        layer="limits",
        sentence=f"Notebooks run without a jail, as the user who grades ({why}). Run only submissions you trust.",
        open=("all that the user who grades may do",),
    )


@cache
def try_layer(layer: Layer) -> Sandbox | str:
    """The layer as it works here, or why it doesn't."""
    if layer == "limits":
        return Sandbox(layer="limits", sentence="Notebooks run as the user who grades.")
    if sys.platform != "linux":
        return "needs Linux"
    root = os.getuid() == 0
    if layer == "uid" and not root:
        return "needs root, as in an autograder's container"
    if layer == "landlock" and root:
        return "is for graders that are not root"
    if layer == "jail" and shutil.which("bwrap") is None:
        return "bubblewrap (bwrap) is not installed"
    # A root grader's jail belongs to another user where that user may make one.
    why = ""
    for own_user in (True, False) if root and layer == "jail" else (root,):
        sandbox = Sandbox(layer=layer, sentence=_WORKS[layer], own_user=own_user)
        if own_user and (closed := _closed()):
            why = f"other users can't enter {closed}, in which Python lies: chmod o+x {shlex.quote(str(closed))}"
            continue
        could, why = _canaries(sandbox)
        if could is not None:
            sentence = f"{sandbox.sentence} Open: {', '.join(could)}." if could else sandbox.sentence
            return sandbox.model_copy(update={"open": could, "sentence": sentence})
    return why


def _closed() -> Path | None:
    """The topmost folder on the way to this Python that other users can't pass through; None where they can."""
    needed = {Path(sys.executable), Path(sys.executable).resolve(), Path(sys.prefix), Path(os.__file__).parent}
    ways = (folder for path in needed for folder in (path, *path.resolve().parents))
    closed = [folder for folder in ways if not folder.stat().st_mode & stat.S_IXOTH]
    return min(closed, key=lambda folder: len(folder.parts), default=None)


def _canaries(sandbox: Sandbox) -> tuple[tuple[str, ...] | None, str]:
    """What a process in the sandbox could do, or None and why none can run in it."""
    with _surroundings(sandbox) as (base, told, user, grader):
        python = [sys.executable, "-I", "-S", "-c", _CANARIES, json.dumps(told)]
        argv = sandbox.command(python, base / "work", [], [base / "run"], Limits(), user)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(base / "run")}
        try:
            done = subprocess.run(
                argv, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=base / "work", env=environment
            )
            could = set(json.loads(done.stdout))
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, f"does not work here ({error})"
        except ValueError:
            said = done.stderr.strip().splitlines()
            return None, f"does not work here ({said[-1][:200] if said else 'no answer'})"
        mark = str(told["mark"])
        # A jail has its own shared memory, and its own processes: what counts is what is seen out here.
        if (shared := Path("/dev/shm") / mark).exists():
            shared.unlink()
        else:
            could.discard("write shared memory")
        for process in psutil.process_iter(["cmdline"]):
            if mark in (process.info["cmdline"] or [])[-1:]:
                could.add("leave a process behind")
                process.kill()
        if not (base / "results.json").read_text():
            could.discard("change a result")
        if grader.poll() is None:
            could.discard("signal the grader")
    return tuple(sorted(could)), ""


@contextmanager
def _surroundings(sandbox: Sandbox) -> Iterator[tuple[Path, dict[str, object], int | None, subprocess.Popen[bytes]]]:
    """A grader's surroundings in small: what a notebook must not reach, and where it would look for it."""
    with ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="grader-", dir="/tmp"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o711)
        for folder in ("work", "run", "other"):
            (base / folder).mkdir()
        for file in ("rubric.yaml", "other/report.md", "results.json"):
            (base / file).write_text("" if file == "results.json" else "secret")
            (base / file).chmod(0o644)
        mark = f"grader-canary-{secrets.token_hex(8)}"
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for name in (str(base / "agent.sock"), f"\0{mark}"):
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(name)
            server.listen()
        (base / "agent.sock").chmod(0o600)
        sleeper = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]
        grader = stack.enter_context(subprocess.Popen(sleeper, env={"GRADER_SECRET": mark}))
        stack.callback(grader.kill)
        user = stack.enter_context(sandbox.user())
        for folder in ("work", "run"):
            give(base / folder, user)
        told = {
            "base": str(base),
            "secret": str(base / "rubric.yaml"),
            "other": str(base / "other" / "report.md"),
            "result": str(base / "results.json"),
            "agent": str(base / "agent.sock"),
            "grader": grader.pid,
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "mark": mark,
        }
        yield base, told, user, grader
