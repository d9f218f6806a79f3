"""Pictures beside the answers that a person reads: pages of PDFs and figures of notebooks, named by their places."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.core.errors import MachineError
from grader.core.handin import Handin
from grader.core.source import Source
from grader.execution import figure_pictures, page_pictures
from grader.files import folder_name
from grader.reading import opened
from grader.tools import Tools

PICTURES = "pages"  # the folder of them, beside a hand-in's results
_NAME = re.compile(r"\d+-(?P<file>.+)-(?P<unit>page|cell)-(?P<number>\d+)\.png")
_DRAWN = {".pdf": ("page", page_pictures), ".ipynb": ("cell", figure_pictures)}


class Picture(NamedTuple):
    """A picture that was made: where it lies, and what of, the `file` by a name that every system takes."""

    path: Path
    file: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}, {self.unit} {self.number}"


def made_pictures(handin: Handin, tools: Tools) -> Mapping[str, bytes]:
    """The pages of a submission's PDFs and the figures of its notebooks, by the names of their files."""
    found: dict[str, bytes] = {}
    with opened(handin, tools.sandbox) as submission:
        for ending, (unit, drawn) in _DRAWN.items():
            for file in submission.of_kind((ending,)):
                try:
                    for number, picture in drawn(submission.root / file, tools.sandbox):
                        name = f"{len(found):04}-{folder_name(file)}-{unit}-{number}.png"
                        found[f"{PICTURES}/{name}"] = picture
                except MachineError as error:
                    tools.say(f"no pictures of {file}: {error}")
    return found


def pictures_of(folder: Path) -> list[Picture]:
    """The pictures in a hand-in's folder of results, in their order."""
    return sorted(_named(folder / PICTURES))


def _named(folder: Path) -> Iterator[Picture]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if found := _NAME.fullmatch(path.name):
            yield Picture(path, found["file"], found["unit"], int(found["number"]))


def beside(pictures: Sequence[Picture], source: Source) -> int | None:
    """The place of the first picture that stands where an answer begins, or behind that in its file."""
    begins = source.page or source.cell or 0
    same = (folder_name(source.file), "cell" if source.cell else "page")
    after = (at for at, p in enumerate(pictures) if (p.file, p.unit) == same and p.number >= begins > 0)
    return next(after, None)
