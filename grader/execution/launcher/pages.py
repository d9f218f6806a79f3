"""Draws pages of a PDF and figures of a notebook that may be hostile, in a process that may end at any of them.

A question is JSON: `{"page": n, "width": w}` asks for one page of `document.pdf` in the working folder, counted from
0, and with `find` for where on it these words stand; `{"figure": n, "width": w}` for one of the pictures among the
outputs of `document.ipynb`, with its `cell`, counted from 1. The answer holds its size in pixels and their colours,
red, green, blue, and under `found` the number, top and bottom of what was found; of a broken figure the cell alone,
and nothing behind the last one.
"""

import base64
import io
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_KINDS = ("png", "jpeg")


def warm() -> None:
    """Import what draws pages."""
    import numpy  # noqa: F401
    import pypdfium2  # noqa: F401
    from PIL import JpegImagePlugin, PngImagePlugin  # noqa: F401


def serve() -> None:
    """Answer until the questions end."""
    answers = os.fdopen(os.dup(1), "wb")
    questions = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 0)
    os.dup2(2, 1)
    import pypdfium2

    answers.write(b"ready\n")
    answers.flush()
    figures: list[tuple[int, str]] | None = None
    for line in questions:
        question = json.loads(line)
        answer: dict[str, object] = {}
        if "figure" in question:
            figures = list(_figures()) if figures is None else figures
            if question["figure"] < len(figures):
                cell, encoded = figures[question["figure"]]
                answer = _figure(cell, encoded, question["width"])
        else:
            with pypdfium2.PdfDocument("document.pdf") as document:
                if question["page"] < len(document):
                    page = document[question["page"]]
                    answer = _drawn(page, question["width"])
                    with suppress(pypdfium2.PdfiumError, ValueError):  # the page is of use without its marks
                        answer["found"] = list(_found(page, question.get("find", ()), int(str(answer["height"]))))
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _drawn(page: object, width: int) -> dict[str, object]:
    """A page of this many pixels across; a very long one is drawn smaller."""
    across, down = page.get_size()  # type: ignore[attr-defined]  # a page, whose library is imported only here
    scale = min(width / max(across, 1), 2 * width / max(down, 1))
    pixels = page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3]  # type: ignore[attr-defined]
    return {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "colours": base64.b64encode(pixels.tobytes()).decode(),
    }


def _found(page: Any, wanted: list[str], height: int) -> Iterator[tuple[int, int, int]]:
    """(the number of what is looked for, top and bottom in pixels) of where each stands first on an upright page."""
    if not wanted or page.get_rotation():
        return
    _, bottom, _, top = page.get_cropbox()
    text = page.get_textpage()
    for number, words in enumerate(wanted):
        place = text.search(words, match_case=True).get_next() if words.strip() else None
        if place and text.count_rects(*place):
            _, low, _, high = text.get_rect(0)
            yield number, *(round((top - y) / (top - bottom) * height) for y in (high, low))


def _figures() -> Iterator[tuple[int, str]]:
    """(the number of the cell, the picture in base64) of each picture that was saved, at most one of an output."""
    with open("document.ipynb", encoding="utf-8") as file:
        notebook = json.load(file)
    sheets: list[Any] = notebook.get("worksheets", [notebook])  # before version 4 of the format there were several
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    for number, cell in enumerate(cells, 1):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            found = [data.get(f"image/{kind}", output.get(kind)) for kind in _KINDS]
            if picture := next((each for each in found if each), None):
                yield number, picture if isinstance(picture, str) else "".join(picture)


def _figure(cell: int, encoded: str, width: int) -> dict[str, object]:
    """A picture of at most this many pixels across, on white."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=[kind.upper() for kind in _KINDS]) as picture:
            picture.thumbnail((width, 2 * width))
            seen = picture.convert("RGBA")
            paper = Image.new("RGBA", seen.size, "white")
            paper.alpha_composite(seen)
            drawn = paper.convert("RGB")
    except Exception:  # whatever a broken picture brings its reader to
        return {"cell": cell}
    colours = base64.b64encode(drawn.tobytes()).decode()
    return {"cell": cell, "width": drawn.width, "height": drawn.height, "colours": colours}
