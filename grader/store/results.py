"""A folder of results: `<submission>/grade.json`, `feedback.html` and `pages/` there, `gradebook.csv`, `salt.txt`."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from grader.core.errors import MachineError
from grader.core.outcome import Grade
from grader.files import write_whole


class Results:
    """Writes results below one folder; every file is replaced whole or left as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MachineError(f"can't be made: {error}", where=str(folder)) from error

    def save(self, grade: Grade, rendered: Mapping[str, str | bytes]) -> None:
        """Write a grade's files, by name."""
        for name, content in rendered.items():
            write_whole(self.folder / _folder_name(grade.submission.id) / name, content)

    def salt(self) -> str:
        """What gives the seeds of this class's trainings, drawn at the first call and kept for the next runs."""
        path = self.folder / "salt.txt"
        try:
            kept = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            kept = ""
        except OSError as error:
            raise MachineError(f"can't be read: {error}", where=str(path)) from error
        if not kept:
            kept = secrets.token_hex(16)
            write_whole(path, f"{kept}\n")
        return kept

    def save_gradebook(self, gradebook: str) -> None:
        """Write the class's table."""
        write_whole(self.folder / "gradebook.csv", gradebook)


def _folder_name(submission: str) -> str:
    """The submission's id without what can't stand in a folder's name."""
    return re.sub(r"[^\w.@+-]+", "_", submission).strip(".")[:120] or "submission"
