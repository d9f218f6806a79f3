"""Pictures of a PDF's pages and of a notebook's figures, for whoever reads answers; drawn in a confined process."""

import base64
import binascii
import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont
from pydantic import ValidationError

from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.sandbox import Sandbox
from grader.execution.worker import Worker, WorkerEnded

_WIDTH = 1000  # pixels
_MOST = 40  # pictures of a file
_SECONDS = 10.0
_ANSWER_BYTES = 16 * 2**20
_MOST_MARKS = 100  # on a page
_INK, _BAR, _SIZE = (11, 92, 148), 6, 18  # colour, and pixels


class Mark(NamedTuple):
    """What is marked in a page's margin: the words that are looked for, and what stands beside them."""

    label: str
    words: str


class _Drawn(Record):
    cell: int = 0
    width: int = 0
    height: int = 0
    colours: str = ""
    found: tuple[tuple[int, int, int], ...] = ()


def page_pictures(pdf: Path, sandbox: Sandbox, marks: Mapping[int, Sequence[Mark]] = {}) -> Iterator[tuple[int, bytes]]:
    """(the page, counted from 1, its picture as PNG); fewer where the file is broken.

    `marks`, by page, stand in its margin where their words are found. Raises MachineError when no process can be
    started.
    """
    wanted = {number: of_page[:_MOST_MARKS] for number, of_page in marks.items()}
    words = {number - 1: [mark.words for mark in of_page] for number, of_page in wanted.items()}
    for number, drawn in enumerate(_drawn("page", pdf, "document.pdf", sandbox, words), 1):
        if (picture := _as_png(drawn, wanted.get(number, ()))) is None:
            return
        yield number, picture


def figure_pictures(notebook: Path, sandbox: Sandbox) -> Iterator[tuple[int, bytes]]:
    """(the cell, counted from 1, a picture among its saved outputs as PNG); without those that are broken.

    Raises MachineError when no process can be started.
    """
    for drawn in _drawn("figure", notebook, "document.ipynb", sandbox):
        if not drawn.cell:
            return
        if (picture := _as_png(drawn)) is not None:
            yield drawn.cell, picture


def _drawn(what: str, file: Path, name: str, sandbox: Sandbox, words: Mapping[int, list[str]] = {}) -> Iterator[_Drawn]:
    """What the process answers, one after the other, until it ends or answers what can't be meant."""
    with Worker("pages", sandbox, Limits(memory_mb=1024, file_mb=128, processes=32)) as worker:
        worker.start()
        copy = worker.work / name
        shutil.copyfile(file, copy)
        copy.chmod(0o644)
        for number in range(_MOST):
            try:
                question = {what: number, "width": _WIDTH, "find": words.get(number, [])}
                yield _Drawn.model_validate_json(worker.ask(json.dumps(question).encode(), _SECONDS, _ANSWER_BYTES))
            except (WorkerEnded, ValidationError):
                return


def _as_png(drawn: _Drawn, marks: Sequence[Mark] = ()) -> bytes | None:
    """The picture with its marks; None where there is none, or its size is not what was said."""
    try:
        colours = base64.b64decode(drawn.colours)
    except binascii.Error:
        return None
    if not 0 < drawn.width * drawn.height * 3 == len(colours):
        return None
    picture = io.BytesIO()
    page = Image.frombytes("RGB", (drawn.width, drawn.height), colours)
    for number, top, bottom in drawn.found[: len(marks)]:  # whoever answers may be the file's
        if 0 <= number < len(marks) and 0 <= top < bottom <= drawn.height:
            pen = ImageDraw.Draw(page)
            pen.rectangle((0, top, _BAR, bottom), fill=_INK)
            pen.text((2 * _BAR, top), marks[number].label, fill=_INK, font=ImageFont.load_default(_SIZE))
    page.save(picture, "PNG")
    return picture.getvalue()
