"""Runs a submission's notebooks in a sandbox and brings back what happened: cells, and what the probe wrote."""

from grader.execution.canaries import find_sandbox, try_layer
from grader.execution.documents import read_documents
from grader.execution.kept import kept_runs
from grader.execution.mathematics import Mathematics
from grader.execution.pages import Mark, figure_pictures, page_pictures
from grader.execution.run import NotebookArtefact, run_notebook
from grader.execution.sandbox import SANDBOX_LAYERS, Sandbox
from grader.execution.warm import WarmProcess, warm_kernels, warm_workers

__all__ = [
    "Mark",
    "SANDBOX_LAYERS",
    "Mathematics",
    "NotebookArtefact",
    "Sandbox",
    "WarmProcess",
    "figure_pictures",
    "find_sandbox",
    "kept_runs",
    "page_pictures",
    "read_documents",
    "run_notebook",
    "try_layer",
    "warm_kernels",
    "warm_workers",
]
