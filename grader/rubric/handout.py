"""The files that students begin with, copied into what is handed out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.core.errors import SubmissionError


def copied(starter: Path, out: Path) -> Iterator[str]:
    """Copy the files of a folder, links left out, and yield their paths in it.

    Raises SubmissionError where it is no folder, holds what is to be made of it, or a file of students would be lost.
    """
    if not starter.is_dir():
        raise SubmissionError("is no folder", where=str(starter), hint="Name the folder with what students begin with.")
    if out.resolve().is_relative_to(starter.resolve()):
        raise SubmissionError(f"holds {out}, into which it would be copied", where=str(starter))
    for file in sorted(path for path in starter.rglob("*") if path.is_file() and not path.is_symlink()):
        name = file.relative_to(starter)
        there = out / name
        if there.exists() and there.read_bytes() != file.read_bytes():
            raise SubmissionError("is there already, with other content", where=str(there), hint="Name another folder.")
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, there)
        yield name.as_posix()
