"""Runs cells in a kernel that is served a small data set, and tells what became of each."""

import json
import tempfile
import textwrap
from pathlib import Path

import nbformat
from small_data import small_dataset

from grader.core.limits import Limits
from grader.datasets import served
from grader.execution import run_notebook
from grader.observation.models import read_models

# Where cells compare with the host's arrays, they see these: uint8, colours last, as NumPy users have them.
HOST = """
import hashlib, json
def same(array, part, what):
    given = __import__("numpy").ascontiguousarray(array).astype("uint8")
    return hashlib.md5(given.tobytes()).hexdigest() == SUMS[part][what]
"""


def run_cells(sandbox, kernels, cells, name, root, **sizes):
    """(the artefact of a notebook that is served a small data set, its trained models, the data set)."""
    with small_dataset(name, Path(root), **sizes) as dataset:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(textwrap.dedent(cell).strip()) for cell in (_sums(dataset) + HOST, *cells)]
        )
        with tempfile.TemporaryDirectory() as folder:
            artefact = run_notebook(
                notebook, Path(folder), sandbox, Limits(), data=served(name), variables=(("found",),), warm=kernels
            )
        models, fault = read_models(artefact.findings, "a.ipynb", dataset)
    assert (artefact.failure, fault, json.loads(artefact.findings).get("faults", [])) == ("", "", [])
    return artefact, models, dataset


def errors(sandbox, kernels, cases, name, root, **sizes):
    """How each case, by its name, ended; all of them are cells of one notebook."""
    artefact, _, _ = run_cells(sandbox, kernels, list(cases.values()), name, root, **sizes)
    assert artefact.cells[0].error == ""
    return {case: cell.error for case, cell in zip(cases, artefact.cells[1:], strict=True)}


def _sums(dataset):
    import hashlib

    import numpy as np

    sums = {}
    for part, split in (("train", dataset.train), ("test", dataset.test)):
        images = np.moveaxis(split.images, 1, -1) if split.images.ndim == 4 else split.images
        arrays = {"images": images, "labels": split.labels}
        sums[part] = {what: hashlib.md5(np.ascontiguousarray(a).tobytes()).hexdigest() for what, a in arrays.items()}
    return f"SUMS = {sums!r}\n"
