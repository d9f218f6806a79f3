"""The kernel itself: ipykernel, without the one thing of it that needs a network."""

import sys


def main():
    """Serve until the end; the command line says where the connection file is."""
    from ipykernel import iostream, kernelapp

    # A child's output would come back over TCP, even where the kernel's own sockets are files. Nobody reads it.
    iostream.IOPubThread._setup_pipe_in = lambda thread: setattr(thread, "_pipe_flag", False)
    kernelapp.IPKernelApp.launch_instance(sys.argv[1:])
