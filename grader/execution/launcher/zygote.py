"""A process that has imported what notebooks import, and forks a confined kernel from itself when asked.

It runs no student's code and holds no secret. Requests come as lines of JSON over a socket that is its only tie to the
grader; when that closes, it ends, and every kernel with it.
"""

import gc
import json
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from . import confine, jail, keeper

_MODULES = (
    *("IPython", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.iostream"),
    *("numpy", "matplotlib.pyplot", "torch", "torch._dynamo", "torchvision", "torch.fx"),
)


def serve(control: socket.socket) -> None:
    """Import, say `ready` or why not, and fork a kernel for each line; answers with its process's handle.

    What a notebook needs beyond the usual is imported here when the first one asks, and is there for all after it.
    """
    if why := _import(_MODULES):
        control.sendall(f"{why}\n".encode())
        return
    control.sendall(b"ready\n")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # kernels that end leave no zombie
    for line in control.makefile("rb"):
        request = json.loads(line)
        if why := _import(request["modules"]):
            control.sendall(f"{why}\n".encode())
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                _kernel(request)
            except BaseException:
                traceback.print_exc()  # into the kernel's log
            finally:
                os._exit(1)
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            control.sendall(b"gone\n")
            continue
        socket.send_fds(control, [f"{pid}\n".encode()], [handle])
        os.close(handle)


def _import(modules: Sequence[str]) -> str:
    """Import what is installed of these; why nothing can be forked after that, or nothing."""
    new = [name for name in modules if name not in sys.modules]
    for name in new:
        with suppress(ImportError):
            __import__(name)
    if new:
        gc.collect()
        gc.freeze()  # a collection in a forked process would write to, and so copy, every page
    threads = len(os.listdir("/proc/self/task"))
    return f"{threads} threads run after importing {', '.join(new)}" if threads > 1 else ""


def _kernel(request: dict[str, Any]) -> NoReturn:
    """Confine this process and be a kernel."""
    config = request["config"]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    null, log = os.open(os.devnull, os.O_RDWR), os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for handle, at in ((null, 0), (null, 1), (log, 2)):
        os.dup2(handle, at)
    confine.die_with_parent()
    confine.enter_group(config["group"])
    confine.limit(config["limits"])
    confine.close_files()
    if config["keeper"]:
        keeper.stay_as_parent(config.get("uid"))
        confine.die_with_parent()
    if config["jail"]:
        jail.enter(request["jail"], config.get("uid"))
    confine.confine(config | ({"uid": None} if config["jail"] else {}))
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    _be_different()
    sys.argv = ["kernel", "-f", request["connection"]]
    sys.path.insert(0, request["guest"])
    from grader_guest import kernel  # type: ignore[import-not-found]  # the copy that the kernel may read

    sys.path.pop(0)
    kernel.main()
    os._exit(0)


def _be_different() -> None:
    """Forked processes would draw the same numbers."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()
