"""Runs a submission's notebooks in a sandbox and brings back what happened: cells, and what the probe wrote."""

from grader.execution.run import NotebookArtefact, run_notebook
from grader.execution.sandbox import LAYERS, Sandbox
from grader.execution.selftest import find_sandbox, try_layer

__all__ = ["LAYERS", "NotebookArtefact", "Sandbox", "find_sandbox", "run_notebook", "try_layer"]
