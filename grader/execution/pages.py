"""Pictures of a PDF's pages, for whoever reads what the machine can't; drawn in a confined process."""

import base64
import binascii
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from pydantic import ValidationError

from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.sandbox import Sandbox
from grader.execution.worker import Worker, WorkerEnded

_WIDTH = 1000  # pixels
_MOST_PAGES = 40
_SECONDS = 10.0
_ANSWER_BYTES = 16 * 2**20


class _Page(Record):
    width: int = 0
    height: int = 0
    colours: str = ""


def page_pictures(pdf: Path, sandbox: Sandbox) -> Iterator[bytes]:
    """The pages in order, each as PNG; fewer where the file is broken. MachineError when no process can be started."""
    with Worker("pages", sandbox, Limits(memory_mb=1024, file_mb=128, processes=32)) as worker:
        worker.start()
        copy = worker.work / "document.pdf"
        shutil.copyfile(pdf, copy)
        copy.chmod(0o644)
        for number in range(_MOST_PAGES):
            try:
                question = json.dumps({"page": number, "width": _WIDTH}).encode()
                page = _Page.model_validate_json(worker.ask(question, _SECONDS, _ANSWER_BYTES))
                colours = base64.b64decode(page.colours)
            except (WorkerEnded, ValidationError, binascii.Error):
                return
            if not 0 < page.width * page.height * 3 == len(colours):
                return
            picture = io.BytesIO()
            Image.frombytes("RGB", (page.width, page.height), colours).save(picture, "PNG")
            yield picture.getvalue()
