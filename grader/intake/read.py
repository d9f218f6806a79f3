"""Reads a submission's reports and notebooks under caps; what can't be read is a SubmissionError that says why."""

import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.core.errors import SubmissionError

# nbformat is untyped.
_reads: Callable[..., NotebookNode] = nbformat.reads
_new_notebook: Callable[..., NotebookNode] = nbformat.v4.new_notebook
_new_cell: Callable[..., NotebookNode] = nbformat.v4.new_code_cell

_MOST_TEXT = 20 * 2**20
_MOST_NOTEBOOK = 100 * 2**20
_MOST_CELLS = 5000
_MOST_PAGES = 300
_SCRIPT_CELL = re.compile(r"^# (?:%%|In\[[\d ]*\]).*$", re.MULTILINE)


def read_report(path: Path, name: str) -> str:
    """The text of a Markdown, LaTeX, plain text or PDF file."""
    if path.suffix.lower() == ".pdf":
        return _pdf(path, name)
    if path.stat().st_size > _MOST_TEXT:
        raise SubmissionError(f"is larger than {_MOST_TEXT // 2**20} MB", where=name)
    return path.read_text(encoding="utf-8-sig", errors="replace")


def _pdf(path: Path, name: str) -> str:
    import pypdfium2

    if path.stat().st_size > _MOST_NOTEBOOK:
        raise SubmissionError(f"is larger than {_MOST_NOTEBOOK // 2**20} MB", where=name)
    try:
        with pypdfium2.PdfDocument(path) as document:
            pages = [document[i].get_textpage().get_text_range() for i in range(min(len(document), _MOST_PAGES))]
    except pypdfium2.PdfiumError as error:
        raise SubmissionError(
            f"is no readable PDF: {error}", where=name, hint="Export it again, without a password."
        ) from error
    text = "\n".join(pages).replace("\r\n", "\n")
    if not text.strip():
        raise SubmissionError(
            "holds no text, only pictures: a person reads it",
            where=name,
            hint="Export a PDF with text, or add Markdown.",
        )
    return text


def read_notebook(path: Path, name: str) -> NotebookNode:
    """A notebook of any format version as version 4, or a script as a notebook of its cells.

    Raises SubmissionError for a file that is no notebook, with what it looks like instead.
    """
    if path.stat().st_size > _MOST_NOTEBOOK:
        raise SubmissionError(f"is larger than {_MOST_NOTEBOOK // 2**20} MB; clear its outputs", where=name)
    raw = path.read_bytes()
    if path.suffix.lower() == ".py":
        return _script(raw.decode("utf-8-sig", "replace"))
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(_looks_like(raw, error), where=name, hint="Download it again as .ipynb.") from error
    if not isinstance(content, dict) or not isinstance(content.get("cells", content.get("worksheets")), list):
        raise SubmissionError("is JSON, but no notebook: it has no cells", where=name)
    cells = content.get("cells") or []
    if len(cells) > _MOST_CELLS:
        raise SubmissionError(f"has {len(cells):,} cells; at most {_MOST_CELLS:,} are read", where=name)
    for number, cell in enumerate(cells, 1):
        source = cell.get("source") if isinstance(cell, dict) else None
        if not isinstance(source, str | list):
            raise SubmissionError(f"cell {number} is no cell of a notebook", where=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ids that are missing in older notebooks concern nobody here
            notebook = _reads(raw.decode("utf-8"), as_version=4)
    except Exception as error:  # nbformat raises many kinds on what no notebook should hold
        raise SubmissionError(f"is no valid notebook: {error}", where=name) from error
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.get("outputs") or [] if isinstance(output, dict)]
    language = notebook.metadata.get("kernelspec", {}).get("language", "python") or "python"
    if str(language).lower() not in ("python", "python3", "python2"):
        raise SubmissionError(f"is a notebook in {language}; only Python is run", where=name)
    return notebook


def _script(text: str) -> NotebookNode:
    """A script, cut where `# %%` or `# In[3]:` begins a cell."""
    sources = [part.strip("\n") for part in _SCRIPT_CELL.split(text)]
    return _new_notebook(cells=[_new_cell(source) for source in sources if source.strip()])


def _looks_like(raw: bytes, error: Exception) -> str:
    start = raw[:200].lstrip().lower()
    if not raw:
        return "is empty"
    if start.startswith((b"<!doctype", b"<html")):
        return "is a web page, not a notebook"
    if start.startswith(b"%pdf"):
        return "is a PDF, not a notebook"
    return f"is not JSON: {error}"
