"""Runs of notebooks that are kept: the same notebook beside the same files is run once."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from pydantic import ValidationError

from grader.core.evidence import CellRun
from grader.core.kept import Kept
from grader.core.limits import Limits
from grader.execution.run import NotebookArtefact
from grader.execution.sandbox import Sandbox
from grader.files import digest_of_folder, digest_of_parts
from grader.guest.protocol import BarelyTrained
from grader.machine import software

# Limits of which nothing depends that ran to its end in time.
_CLOCKS = {"cell_seconds", "notebook_seconds", "replay_seconds", "submission_seconds", "training_seconds", "notebooks"}

Run = Callable[..., NotebookArtefact]


def kept_runs(run: Run, kept: Kept) -> Run:
    """`run_notebook`, but for what was run before under the same key: all that a run depends on.

    Only a run that came to its end by itself is kept: a clock or a full memory is no property of the notebook.
    """

    def remembered(
        notebook: NotebookNode, files: Path, sandbox: Sandbox, limits: Limits, **how: Any
    ) -> NotebookArtefact:
        if how.get("seed") is not None:
            return run(notebook, files, sandbox=sandbox, limits=limits, **how)
        key = run_key(notebook, files, sandbox, limits, how.get("data"), how.get("variables", ()))
        if (value := kept.recall(key)) is not None:
            try:
                return NotebookArtefact.model_validate_json(value)
            except ValidationError:  # of another time, or damaged: it is run again
                pass
        started = time.perf_counter()
        artefact = run(notebook, files, sandbox, limits, **how)
        if not artefact.failure and all(map(_by_itself, artefact.cells)):
            kept.keep(key, "notebook", artefact.model_dump_json().encode(), time.perf_counter() - started)
        return artefact

    return remembered


def run_key(
    notebook: NotebookNode,
    files: Path,
    sandbox: Sandbox,
    limits: Limits,
    data: Mapping[str, Path] | None,
    variables: tuple[tuple[str, ...], ...],
) -> str:
    """A digest of all that a run depends on: the notebook, all files beside it, the data, and what runs it."""
    cells = [(cell.cell_type, cell.source, cell.get("outputs", [])) for cell in notebook.cells]
    return digest_of_parts(
        "notebook",
        str(notebook.metadata.get("submitted_as", "")),
        repr(cells),
        digest_of_folder(files),
        sandbox.model_dump_json(),
        limits.model_dump_json(exclude=_CLOCKS),
        repr([(name, _digest(folder)) for name, folder in sorted((data or {}).items())]),
        repr(variables),
        software(),
    )


def _by_itself(cell: CellRun) -> bool:
    return cell.status in ("ok", "error", "not run") and not cell.error.startswith(BarelyTrained.__name__)


@cache
def _digest(folder: Path) -> str:
    return digest_of_folder(folder)
