"""The kernel itself: ipykernel, without the one thing of it that needs a network."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipykernel import iostream


def _no_pipe(thread: iostream.IOPubThread) -> None:
    thread._pipe_flag = False


def main() -> None:
    """Serve until the end; the command line says where the connection file is."""
    from ipykernel import iostream, kernelapp

    # A child's output would come back over TCP, even where the kernel's own sockets are files. Nobody reads it.
    iostream.IOPubThread._setup_pipe_in = _no_pipe  # type: ignore[method-assign]  # ipykernel has no setting for it
    kernelapp.IPKernelApp.launch_instance(sys.argv[1:])
