"""The code of a running notebook: the last version of each cell that ran to its end, in the order in which they ran."""

import re
from collections.abc import Callable, Iterable

import nbformat
from nbformat import NotebookNode

from grader.core.record import Record

# nbformat leaves these unannotated.
_output: Callable[..., NotebookNode] = nbformat.v4.new_output
_code_cell: Callable[..., NotebookNode] = nbformat.v4.new_code_cell
_markdown_cell: Callable[..., NotebookNode] = nbformat.v4.new_markdown_cell
_notebook: Callable[..., NotebookNode] = nbformat.v4.new_notebook

# What speaks to the grader itself is no part of the notebook that it judges.
_OURS = re.compile(r"(?m)^[ \t]*%(?:%?check\b|load_ext[ \t]+grader\b|reload_ext[ \t]+grader\b).*\n?")


class Cell(Record):
    """A cell that ran: its code, what it printed, and the problem that it was checked for, if any."""

    code: str
    printed: str = ""
    problem: str = ""


class Cells:
    """Remembers cells by the ids that notebooks give them, so that one that runs again takes its own place."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        self._known: dict[str, Cell] = {}
        for number, code in enumerate(before):
            self.ran(f"before {number}", Cell(code=code))

    def ran(self, key: str, cell: Cell) -> None:
        """A cell ran to its end. One without an id is known by its code."""
        code = _OURS.sub("", cell.code).strip()
        self.failed(key)
        if not code:
            return
        for other in [other for other, known in self._known.items() if known.code == code]:
            del self._known[other]
        self._known[key or f"code {code}"] = cell.model_copy(update={"code": code})

    def failed(self, key: str) -> None:
        """A cell was changed and did not run to its end: what it was before is no part of the notebook any more."""
        self._known.pop(key, None)

    def notebook(self, problem: str) -> NotebookNode:
        """All of them as a notebook, each that was checked below a heading; all below one where none was for this."""
        cells = list(self._known.values())
        made: list[NotebookNode] = []
        if all(cell.problem != problem for cell in cells):
            made.append(_heading(problem))
        for cell in cells:
            if cell.problem:
                made.append(_heading(cell.problem))
            printed = [_output("stream", name="stdout", text=cell.printed)] if cell.printed else []
            made.append(_code_cell(cell.code, outputs=printed, execution_count=len(made)))
        return _notebook(cells=made)


def _heading(problem: str) -> NotebookNode:
    return _markdown_cell(f"# Problem {problem}")
