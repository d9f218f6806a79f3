"""Parses documents that may be hostile, line by line, in a process that may be killed at any of them.

A question is JSON: `{"folder": path, "file": name, "ending": ".tex"}` asks for one of the files below a folder,
`{"file": name, "cells": [[number, text], ...]}` for a notebook by its cells. The answer holds the document and the
names of those that it brought in, or why it can't be read.
"""

import json
import os
import sys
from pathlib import Path


def serve() -> None:
    """Answer until the questions end. What a parser prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    questions = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 0)
    os.dup2(2, 1)
    sys.path.insert(0, str(Path(__file__).parent.parent))  # where the grader's own packages were copied to
    import grader.documents  # noqa: F401  # before it is said that questions may come

    answers.write(b"ready\n")
    answers.flush()
    for line in questions:
        question = json.loads(line)
        try:
            if "cells" in question:
                answer = _of_cells(question["cells"], question["file"])
            else:
                answer = _parsed(Path(question["folder"]), question["file"], question["ending"])
        except MemoryError:
            answer = b'{"why": "needs more memory to be read than there is"}'
        except RecursionError:
            answer = b'{"why": "is nested too deeply to be read"}'
        except Exception as error:  # whatever a parser raises at what is no document
            answer = json.dumps({"why": _said(error)}).encode()
        answers.write(answer + b"\n")
        answers.flush()


def _parsed(folder: Path, file: str, ending: str) -> bytes:
    """The answer for one document. What it brings in is looked for beside it, in that folder alone."""
    from grader.core.document import Document
    from grader.documents import FORMATS

    if ending not in FORMATS:
        return b'{"why": "is of a format that is not read"}'
    used: list[str] = []

    def beside(name: str) -> bytes | None:
        place = os.path.normpath(os.path.join(os.path.dirname(file), name))
        path = folder / place
        if place.startswith(("..", "/")) or not path.is_file():
            return None
        used.append(place)
        return path.read_bytes()

    raw = (folder / file).read_bytes()
    document = Document(file=file, blocks=FORMATS[ending].parse(raw, file, beside))
    used_names = json.dumps([name for name in dict.fromkeys(used) if name != file]).encode()
    return b'{"document": %s, "used": %s}' % (document.model_dump_json().encode(), used_names)


def _of_cells(cells: list[list[object]], file: str) -> bytes:
    """The answer for the cells of a notebook."""
    from importlib import import_module

    from grader.core.document import Document

    blocks = import_module("grader.documents.notebook").blocks_of([(number, text) for number, text in cells], file)
    return b'{"document": %s}' % Document(file=file, blocks=blocks).model_dump_json().encode()


def _said(error: Exception) -> str:
    found = getattr(error, "found", "")  # the grader's own errors say what is wrong in words
    if not found:
        return f"can't be read ({type(error).__name__}: {error})"[:300]
    hint = getattr(error, "hint", "")
    return f"{found}. {hint}" if hint else str(found)
