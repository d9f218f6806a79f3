"""Runs a submission's notebooks in a sandbox and brings back what happened: cells, and what the probe wrote."""

from grader.execution.run import NotebookArtefact, run_notebook
from grader.execution.sandbox import Sandbox, find_sandbox

__all__ = ["NotebookArtefact", "Sandbox", "find_sandbox", "run_notebook"]
