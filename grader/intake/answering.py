"""What the confined process answers of files. Each record here is what its side of the answer must be."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from grader.core.record import Record
from grader.intake.archive import Budget, LeftOut
from grader.intake.kinds import Fate
from grader.intake.pictures import Named
from grader.intake.reader import Direct
from grader.intake.slim import CUT

_DIRECT = Direct()
_Said = str | int | None | dict[str, str | int]


class Unpacked(Record):
    """What was left out of an archive, and what of the budget is left."""

    left: tuple[LeftOut, ...]
    files: int
    bytes: int
    work: int


class Packed(Record):
    """Whether what is packed in one file is data of programs."""

    data: bool


class Text(Record):
    """The text of a file."""

    text: str


class CellRead(Record):
    """A cell as version 4 of the format has it, with what is looked at of its outputs."""

    cell_type: str
    source: str
    execution_count: int | None = None
    outputs: Annotated[tuple[dict[str, _Said | tuple[str, ...]], ...], Field(max_length=200_000)] = ()


class NotebookRead(Record):
    """A notebook, or a script as one; `cut` says what of it is gone that should be read."""

    cells: tuple[CellRead, ...]
    cut: str = ""


def unpacked(folder: str, file: str, into: str, files: int, bytes: int, work: int) -> Unpacked:
    """Unpack an archive into a folder below the working one."""
    target = Path(into)
    target.mkdir()
    budget = Budget(files, bytes)
    budget.work = work
    left = _DIRECT.unpack(Path(folder) / file, target, budget)
    named = (entry.model_copy(update={"name": _whole(entry.name), "why": _whole(entry.why)}) for entry in left)
    return Unpacked(left=tuple(named), files=budget.files, bytes=budget.bytes, work=budget.work)


def packed(folder: str, file: str) -> Packed:
    """Whether what is packed in one file is data."""
    return Packed(data=_DIRECT.packs_data(Path(folder) / file))


def fate(folder: str, file: str) -> Fate:
    """What a file is."""
    return _DIRECT.fate(file, Path(folder) / file)


def notebook(folder: str, file: str) -> NotebookRead:
    """A notebook, or a script as one."""
    found = _DIRECT.notebook(file, Path(folder) / file)
    cells = tuple(
        CellRead(
            cell_type=cell.cell_type,
            source=cell.source,
            execution_count=count if isinstance(count := cell.get("execution_count"), int) else None,
            outputs=tuple(
                {key: value for key, value in o.items() if key != "metadata"} for o in cell.get("outputs", ())
            ),
        )
        for cell in found.cells
    )
    return NotebookRead(cells=cells, cut=str(found.metadata.get(CUT, "")))


def text(folder: str, file: str) -> Text:
    """The text of a file."""
    return Text(text=_whole(_DIRECT.text(file, Path(folder) / file)))


def pictures(folder: str, files: Sequence[str], texts: Sequence[str]) -> Named:
    """The pictures that these texts name."""
    named = _DIRECT.pictures({file: Path(folder) / file for file in files}, texts)
    return Named(names=frozenset(map(_whole, named.names)), latex=frozenset(map(_whole, named.latex)))


def _whole(text: str) -> str:
    """Without half characters, which nobody could be sent."""
    return text.encode("utf-8", "replace").decode()
