"""Pictures beside the answers that a person reads: pages of PDFs and figures of notebooks, named by their places."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.core.errors import MachineError
from grader.core.handin import Handin
from grader.core.outcome import Grade
from grader.core.source import Source
from grader.execution import Mark, figure_pictures, page_pictures
from grader.files import folder_name
from grader.reading import opened
from grader.tools import Tools

PICTURES = "pages"  # the folder of them, beside a hand-in's results
_NAME = re.compile(r"\d+-(?P<file>.+)-(?P<unit>page|cell)-(?P<number>\d+)\.png")
_MOST_WORDS = 24  # characters of an answer that are looked for on its page


class Picture(NamedTuple):
    """A picture that was made: where it lies, and what of, the `file` by a name that every system takes."""

    path: Path
    file: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}, {self.unit} {self.number}"


def made_pictures(handin: Handin, grade: Grade, tools: Tools) -> Mapping[str, bytes]:
    """The pages of a submission's PDFs and the figures of its notebooks, by the names of their files.

    In a page's margin stands each problem where its answer begins.
    """
    marks = _marks(grade)
    found: dict[str, bytes] = {}
    with opened(handin, tools.sandbox) as submission:
        for file in submission.of_kind((".pdf", ".ipynb")):
            path = submission.root / file
            if file.lower().endswith(".pdf"):
                unit, drawn = "page", page_pictures(path, tools.sandbox, marks.get(file, {}))
            else:
                unit, drawn = "cell", figure_pictures(path, tools.sandbox)
            try:
                for number, picture in drawn:
                    name = f"{len(found):04}-{folder_name(file)}-{unit}-{number}.png"
                    found[f"{PICTURES}/{name}"] = picture
            except MachineError as error:
                tools.say(f"no pictures of {file}: {error}")
    return found


def _marks(grade: Grade) -> dict[str, dict[int, list[Mark]]]:
    """Where each problem's answer begins, by file and page."""
    found: dict[str, dict[int, list[Mark]]] = {}
    for problem in grade.problems:
        for check in problem.checks:
            source, words = Source.of(check.source), _first_words(check.observed)
            if source.page and words:
                of_page = found.setdefault(source.file, {}).setdefault(source.page, [])
                if all(mark.label != problem.id for mark in of_page):
                    of_page.append(Mark(problem.id, words))
    return found


def _first_words(text: str) -> str:
    """Those of the first line, which are few: further ones may stand in another order on the page."""
    line = next(filter(None, map(str.strip, text.splitlines())), "")
    return line if len(line) <= _MOST_WORDS else line[:_MOST_WORDS].rpartition(" ")[0]


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
