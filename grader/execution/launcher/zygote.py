"""A process that has imported what those it forks need, and forks a confined one from itself when asked.

It runs no student's code and holds no secret. Requests come as lines of JSON over a socket that is its only tie to the
grader; when that closes, it ends, and every forked process with it.
"""

import gc
import json
import os
import random
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from . import confine, jail, keeper

_OF_KERNELS = (
    *("IPython", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.iostream"),
    *("numpy", "matplotlib.pyplot", "torch", "torch._dynamo", "torchvision", "torch.fx"),
)


def serve(control: socket.socket, module: str = "") -> None:
    """Import, say `ready` or why not, and fork a process for each line; answers with its handle.

    Without a `module` of this package these are kernels. With one they answer lines by it, and the ends of their pipes
    come with the handle. What one needs beyond the usual is imported here when the first one asks, and is there for all
    after it.
    """
    if module:
        import_module(f".{module}", __package__).warm()
    else:
        _import(_OF_KERNELS)
    if why := _settled():
        control.sendall(f"{why}\n".encode())
        return
    control.sendall(b"ready\n")
    for line in control.makefile("rb"):
        _reap()
        request = json.loads(line)
        if _import(request["modules"]) and (why := _settled()):
            control.sendall(f"{why}\n".encode())
            return
        pipes = [*os.pipe(), *os.pipe()] if module else []
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                if module:
                    _lines(request, module, *pipes)
                else:
                    _kernel(request)
            except BaseException:
                traceback.print_exc()  # into the kernel's log
            finally:
                os._exit(1)
        handle = os.pidfd_open(pid)
        socket.send_fds(control, [f"{pid}\n".encode()], [handle, *pipes[1:3]])
        for end in (handle, *pipes):
            os.close(end)


def _reap() -> None:
    """Let those go that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def _import(modules: Sequence[str]) -> list[str]:
    """Import what is installed of these; those that were new."""
    new = [name for name in modules if name not in sys.modules]
    for name in new:
        with suppress(ImportError):
            __import__(name)
    return new


def _settled() -> str:
    """Get ready to be forked; why this can't be, or nothing."""
    gc.collect()
    gc.freeze()  # a collection in a forked process would write to, and so copy, every page
    threads = len(os.listdir("/proc/self/task"))
    return f"{threads} threads run after its imports" if threads > 1 else ""


def _kernel(request: dict[str, Any]) -> None:
    """Confine this process and be a kernel."""
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    _confine(request, (0, 1, log))  # the first two lead nowhere already
    sys.argv = ["kernel", "-f", request["connection"]]
    sys.path.insert(0, request["guest"])
    from grader_guest import kernel  # type: ignore[import-not-found]  # the copy that the kernel may read

    sys.path.pop(0)
    kernel.main()
    os._exit(0)


def _lines(request: dict[str, Any], module: str, questions: int, _into: int, _out: int, answers: int) -> None:
    """Confine this process and answer lines until there are no more."""
    _confine(request, (questions, answers, 2))
    import_module(f".{module}", __package__).serve()
    os._exit(0)


def _confine(request: dict[str, Any], streams: tuple[int, int, int]) -> None:
    """Give this process its standard streams, its limits and its place, for good."""
    config = request["config"]
    os.setsid()
    for at, handle in enumerate(streams):
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
        confine.close_files()  # what was opened on the way in, the grader's own namespace among it
    confine.confine(config | ({"uid": None} if config["jail"] else {}))
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    _be_different()


def _be_different() -> None:
    """Forked processes would draw the same numbers."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()
