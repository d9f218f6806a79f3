"""Reads what may be hostile, question by question, in a process that may be killed at any of them.

A question is a line of JSON: `{"reading": name, "folder": where files were handed over, ...}`, its other keys what the
reading's function takes. The answer is the record that it returns, or `{"not_read": why, "hint": what to do}`.
Readings are functions of the grader's own packages, of which copies lie beside this one; none keeps anything between
questions.
"""

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

_READINGS = {
    "unpack": "grader.intake.answering:unpacked",
    "packed": "grader.intake.answering:packed",
    "fate": "grader.intake.answering:fate",
    "notebook": "grader.intake.answering:notebook",
    "text": "grader.intake.answering:text",
    "pictures": "grader.intake.answering:pictures",
    "document": "grader.documents.answering:document",
    "cells": "grader.documents.answering:cells",
    "words": "grader.observation.words:words",
    "form": "grader.observation.form_tree:form",
    "function": "grader.observation.definitions:function",
}


def warm() -> None:
    """Import what any reading may need, and every format's parser."""
    modules = {format.module for format in _formats().values()}
    for name in (*sorted(modules), *(place.partition(":")[0] for place in _READINGS.values())):
        with suppress(ImportError):  # said where it is needed
            import_module(name)


def _formats() -> dict[str, Any]:
    """The registry of formats, in the copies of the grader's own packages."""
    if (code := str(Path(__file__).parent.parent)) not in sys.path:
        sys.path.insert(0, code)
    found: dict[str, Any] = import_module("grader.documents").FORMATS
    return found


def serve() -> None:
    """Answer until the questions end. What a parser prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    questions = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 0)
    os.dup2(2, 1)
    _formats()  # before it is said that questions may come
    answers.write(b"ready\n")
    answers.flush()
    for line in questions:
        try:
            answer = _answer(json.loads(line))
        except MemoryError:
            answer = b'{"not_read": "needs more memory to be read than there is"}'
        except RecursionError:
            answer = b'{"not_read": "is nested too deeply to be read"}'
        except Exception as error:  # whatever a parser raises at what is no document
            answer = json.dumps(_said(error)).encode()
        answers.write(answer + b"\n")
        answers.flush()


def _answer(question: dict[str, object]) -> bytes:
    module, _, function = _READINGS[str(question.pop("reading"))].partition(":")
    answer = getattr(import_module(module), function)(**question)
    return answer.model_dump_json().encode()  # type: ignore[no-any-return]  # a record


def _said(error: Exception) -> dict[str, str]:
    found = getattr(error, "found", "")  # the grader's own errors say what is wrong in words
    if not found:
        return {"not_read": _whole(f"can't be read ({type(error).__name__}: {error})")[:300]}
    return {"not_read": _whole(str(found))[:1000], "hint": _whole(str(getattr(error, "hint", "")))[:1000]}


def _whole(text: str) -> str:
    """Without half characters, which nobody could be sent."""
    return text.encode("utf-8", "replace").decode()
