"""Notebooks of any bytes are read, or refused in words; what is read is graded."""

import json

from hypothesis import given
from hypothesis import strategies as st
from inputs import JSON, NETWORKS, NOTEBOOK, broken, changed, fuzz, grade, in_words, written

from grader.core.errors import SubmissionError
from grader.intake.read import read_notebook
from grader.observation.evidence import observe_notebook

PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure>"], "image/svg+xml": "<svg/>"}
OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": ["Test accuracy: 0.91\n"]},
    {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "accuracy 91 %"}},
    {"output_type": "display_data", "metadata": {}, "data": PICTURE},
    {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
]
CODE = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["x = 1\n", "x"], "outputs": OUTPUTS}
TEXT = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Problem 2A", "attachments": {}}
RAW = {"cell_type": "raw", "metadata": {}, "source": []}
KERNEL = {
    "kernelspec": {"name": "python3", "language": "python", "display_name": "P"},
    "language_info": {"name": "python"},
}
FOUR = {"nbformat": 4, "nbformat_minor": 5, "metadata": KERNEL, "cells": [TEXT, CODE, RAW]}
THREE = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "heading", "level": 1, "metadata": {}, "source": "Problem 2A"},
                {"cell_type": "code", "language": "python", "prompt_number": 1, "metadata": {}, "collapsed": False,
                 "input": "x", "outputs": [{"output_type": "pyout", "metadata": {}, "text": ["0.9"]}]},
            ],
        }
    ],
}  # fmt: skip
SEEDS = [json.dumps(notebook).encode() for notebook in (FOUR, THREE, NOTEBOOK)]
OTHER = [b"", b"<!DOCTYPE html><html>", b"%PDF-1.4", b"\xff\xfe{", b"\x1f\x8b", b"null", b"[" * 99999, b'{"a":' * 99999]


def read(raw, tmp_path):
    (tmp_path / "2A.ipynb").write_bytes(raw)
    try:
        notebook = read_notebook(tmp_path / "2A.ipynb", "2A.ipynb")
    except SubmissionError as error:
        in_words(error)
    else:
        observe_notebook(notebook, "2A.ipynb")
    grade(tmp_path, NETWORKS)


@fuzz(120)
@given(changed(FOUR, THREE), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"]))
def test_json_of_the_wrong_shape(tmp_path, notebook, encoding):
    read(written(notebook).encode(encoding), tmp_path)


@fuzz(60)
@given(JSON | st.fixed_dictionaries({"nbformat": JSON, "cells": st.lists(JSON, max_size=3)}))
def test_any_json(tmp_path, notebook):
    read(written(notebook).encode(), tmp_path)


@fuzz(120)
@given(st.binary(max_size=200) | st.sampled_from(OTHER) | broken(*SEEDS))
def test_any_bytes(tmp_path, raw):
    read(raw, tmp_path)
