"""Reads notebooks, scripts and texts under caps; what can't be read is a SubmissionError that says why."""

import ast
import io
import json
import re
import tokenize
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.core.errors import SubmissionError
from grader.core.text import decoded
from grader.intake.kinds import is_script
from grader.intake.scripts import cells_of
from grader.intake.slim import CUT, slimmed

# nbformat is untyped.
_reads: Callable[..., NotebookNode] = nbformat.reads
_new_notebook: Callable[..., NotebookNode] = nbformat.v4.new_notebook
_new_cell: dict[str, Callable[..., NotebookNode]] = {
    "code": nbformat.v4.new_code_cell,
    "markdown": nbformat.v4.new_markdown_cell,
}

_MOST_TEXT = 20 * 2**20
_MOST_NOTEBOOK = 100 * 2**20
_MOST_CELLS = 20_000  # small ones run at some hundred a second
_PYTHON = re.compile(r"i?python[\d.]*", re.IGNORECASE)
_KERNELS = re.compile(r"(ir|r|julia|octave|matlab|swift|scala|rust|javascript|sagemath)\b", re.IGNORECASE)
_MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)
_OF_PYTHON = (ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.With)  # no others have
_MOST_LOOKED_AT = 100_000  # characters of a cell
# How a file begins that is something else than a notebook: what it is, and what to do.
_OTHER_FILES = (
    (b"<!doctype", "is a web page, not a notebook", ""),
    (b"<html", "is a web page, not a notebook", ""),
    (b"%pdf", "is a PDF, not a notebook", ""),
    (b"pk\x03\x04", "is a zip archive, not a notebook", "Unpack it, and hand in the .ipynb that is in it."),
    (b"\x1f\x8b", "is packed with gzip, not a notebook", "Unpack it, and hand in the .ipynb that is in it."),
    (
        b"version https://git-lfs",
        "is a pointer of Git LFS, not the notebook itself",
        "Fetch the file with: git lfs pull. Then hand it in again.",
    ),
)
_DOWNLOAD = "Download it again as .ipynb."


def read_text(path: Path, name: str) -> str:
    """The text of a file, whatever its encoding."""
    if path.stat().st_size > _MOST_TEXT:
        raise SubmissionError(f"is larger than {_MOST_TEXT // 2**20} MB", where=name)
    return decoded(path.read_bytes())


def read_notebook(path: Path, name: str) -> NotebookNode:
    """A notebook of any format version as version 4, or a script as a notebook of its cells.

    Raises SubmissionError for a file that is no notebook, with what it looks like instead.
    """
    if path.stat().st_size > _MOST_NOTEBOOK:
        raise SubmissionError(f"is larger than {_MOST_NOTEBOOK // 2**20} MB; clear its outputs", where=name)
    raw = path.read_bytes()
    if is_script(path.name):
        return _script(_source(raw), name)
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        found, hint = _looks_like(raw, error)
        raise SubmissionError(found, where=name, hint=hint or _DOWNLOAD) from error
    cells = _cells(content)
    if cells is None:
        found, hint = _other_json(content)
        raise SubmissionError(found, where=name, hint=hint)
    if len(cells) > _MOST_CELLS:
        raise SubmissionError(f"has {len(cells):,} cells; at most {_MOST_CELLS:,} are read", where=name)
    if not isinstance(content.get("metadata"), dict):
        content["metadata"] = {}
    for number, cell in enumerate(cells, 1):
        if not _is_cell(cell):
            raise SubmissionError(f"cell {number} is no cell of a notebook", where=name)
        _mend(cell)
    language = _language(content)
    try:
        cut = slimmed(content, cells)
    except SubmissionError as error:
        raise SubmissionError(error.found, where=name) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ids that are missing in older notebooks concern nobody here
            # Written anew: without a byte order mark, and without half characters that could not be passed on.
            whole = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace").decode()
            notebook = _reads(whole, as_version=4)
    except Exception as error:  # nbformat raises many kinds on what no notebook should hold
        raise SubmissionError(f"is no valid notebook: {error}", where=name) from error
    if not _PYTHON.fullmatch(language):
        raise SubmissionError(
            f"is a notebook in {language}; only Python is run",
            where=name,
            hint="In Colab: Runtime, Change runtime type, Python 3. A person reads what it holds.",
        )
    notebook.metadata["submitted_as"] = name
    if cut:
        notebook.metadata[CUT] = cut
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
    """The language that a notebook says it is written in; a kernel's name says nothing, and Python is usual.

    Where only the name speaks of another language, as in an old export, the code decides whether it is Python.
    """
    metadata = content["metadata"]
    for entry, key in (("kernelspec", "language"), ("language_info", "name")):
        found = metadata.get(entry)
        if isinstance(found, dict) and isinstance(found.get(key), str) and found[key]:
            return str(found[key])
    kernel = metadata.get("kernelspec")
    name = kernel.get("name") if isinstance(kernel, dict) else None
    known = _KERNELS.match(name) if isinstance(name, str) else None
    if known is None or any(map(_is_python, _cells(content) or ())):
        return "python"
    return {"ir": "R"}.get(known[1].lower(), known[1])


def _is_python(cell: Any) -> bool:
    """Whether a cell holds a statement that only Python writes so."""
    source = cell.get("source", cell.get("input"))
    text = source if isinstance(source, str) else "".join(source)
    if cell.get("cell_type") != "code" or len(text) > _MOST_LOOKED_AT:
        return False
    try:
        statements = ast.parse(_MAGIC.sub(r"\1pass", text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(statement, _OF_PYTHON) for statement in statements)


def _source(raw: bytes) -> str:
    """A script's text, in the encoding that its first lines name."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError:  # an unknown one, or bytes that are no UTF-8
        encoding = "utf-8"
    plain = encoding in ("utf-8", "utf-8-sig")
    text = decoded(raw) if plain else raw.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _script(text: str, name: str) -> NotebookNode:
    """A script as the notebook of its cells."""
    cells = [_new_cell[kind](source) for kind, source in cells_of(text)]
    if not cells:
        raise SubmissionError("is empty", where=name)
    return _new_notebook(cells=cells, metadata={"submitted_as": name})


def _other_json(content: Any) -> tuple[str, str]:
    """(what JSON that is no notebook is, what to do)."""
    if isinstance(content, dict) and {"url", "doc_id"} & content.keys():
        return (
            "is a shortcut to Google Drive, not the notebook itself",
            "Open it in Colab and choose File, Download, Download .ipynb.",
        )
    return "is JSON, but no notebook: it has no cells", _DOWNLOAD


def _looks_like(raw: bytes, error: Exception) -> tuple[str, str]:
    """(what a file that is no JSON is, what to do where that is known)."""
    start = raw[:200].lstrip().lower()
    if not raw.strip():
        return "is empty", "Save the notebook, and look that its file has a size before you hand it in."
    for begin, what, hint in _OTHER_FILES:
        if start.startswith(begin):
            return what, hint
    return ("is nested too deeply" if isinstance(error, RecursionError) else f"is not JSON: {error}"), ""
