"""Grades deep-learning assignments."""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext grader` in a notebook: from then on `%%check 3B` judges the network of that cell."""
    from grader.jupyter import load

    load(shell)
