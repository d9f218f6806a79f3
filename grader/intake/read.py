"""Reads a submission's reports and notebooks under caps; what can't be read is a SubmissionError that says why."""

import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    return _text(path.read_bytes())


def _text(raw: bytes) -> str:
    """UTF-8, or UTF-16 where its first bytes say so."""
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    return raw.decode("utf-16" if wide else "utf-8-sig", "replace").replace("\r\n", "\n")


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
        return _script(_text(raw))
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(_looks_like(raw, error), where=name, hint="Download it again as .ipynb.") from error
    cells = _cells(content)
    if cells is None:
        raise SubmissionError("is JSON, but no notebook: it has no cells", where=name)
    if len(cells) > _MOST_CELLS:
        raise SubmissionError(f"has {len(cells):,} cells; at most {_MOST_CELLS:,} are read", where=name)
    if not isinstance(content.get("metadata"), dict):
        content["metadata"] = {}
    for number, cell in enumerate(cells, 1):
        if not _is_cell(cell):
            raise SubmissionError(f"cell {number} is no cell of a notebook", where=name)
        _mend(cell)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ids that are missing in older notebooks concern nobody here
            # Written anew: without a byte order mark, and without half characters that could not be passed on.
            whole = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace").decode()
            notebook = _reads(whole, as_version=4)
    except Exception as error:  # nbformat raises many kinds on what no notebook should hold
        raise SubmissionError(f"is no valid notebook: {error}", where=name) from error
    language = _language(content)
    if language.lower() not in ("python", "python3", "python2"):
        raise SubmissionError(f"is a notebook in {language}; only Python is run", where=name)
    return notebook


def _cells(content: Any) -> list[Any] | None:
    """The cells of a notebook, which before version 4 stood in worksheets; None when it is no notebook."""
    if not isinstance(content, dict):
        return None
    sheets = [content] if "cells" in content else content.get("worksheets")
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        return None
    lists = [sheet.get("cells") for sheet in sheets]
    return [cell for cells in lists for cell in cells] if all(isinstance(cells, list) for cells in lists) else None


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        return False
    source = cell.get("source", cell.get("input"))
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def _mend(cell: dict[str, Any]) -> None:
    """Give a cell what nbformat insists on, and tools that strip notebooks leave out."""
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = {}
    if cell["cell_type"] == "code":
        outputs = cell.get("outputs")
        cell["outputs"] = [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []


def _language(content: dict[str, Any]) -> str:
    """The language that a notebook says it is written in; Python when it says nothing."""
    for entry, key in (("kernelspec", "language"), ("language_info", "name")):
        found = content["metadata"].get(entry)
        if isinstance(found, dict) and isinstance(found.get(key), str) and found[key]:
            return str(found[key])
    return "python"


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
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"is not JSON: {error}"
