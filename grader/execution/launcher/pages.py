"""Draws pages of a PDF that may be hostile, in a process that may end at any of them.

A question is JSON: `{"page": n, "width": w}` asks for one page of `document.pdf` in the working folder, counted from
0. The answer holds its size in pixels and their colours, red, green, blue; nothing behind the last page.
"""

import base64
import json
import os


def warm() -> None:
    """Import what draws pages."""
    import numpy  # noqa: F401
    import pypdfium2  # noqa: F401


def serve() -> None:
    """Answer until the questions end."""
    answers = os.fdopen(os.dup(1), "wb")
    questions = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 0)
    os.dup2(2, 1)
    import pypdfium2

    answers.write(b"ready\n")
    answers.flush()
    for line in questions:
        question = json.loads(line)
        answer: dict[str, object] = {}
        with pypdfium2.PdfDocument("document.pdf") as document:
            if question["page"] < len(document):
                answer = _drawn(document[question["page"]], question["width"])
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
