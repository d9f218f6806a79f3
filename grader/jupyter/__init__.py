"""The grader in a running notebook: `%load_ext grader`, then `%%check 3B` above the cell that trains the network."""

from grader.jupyter.magic import load

__all__ = ["load"]
