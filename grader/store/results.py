"""A folder of results: `KEY/grade.json`, `feedback.html` and `pages/` there, and what is the class's."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from grader.core.errors import MachineError
from grader.core.standing import ClassStandings
from grader.files import GRADEBOOK, SALT, STANDINGS, write_whole

_PAGE, _ALIKE = "class.html", "alike.json"


class Results:
    """Writes results below one folder, a folder for each hand-in, called by its key.

    Every file is replaced whole or left as it was. Raises MachineError where one can't be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MachineError(f"can't be made: {error}", where=str(folder)) from error

    def save(self, place: str, rendered: Mapping[str, str | bytes]) -> None:
        """Write a submission's files, by name, into its place."""
        for name, content in rendered.items():
            _write(self.folder / place / name, content)

    def clear(self, place: str, folder: str) -> None:
        """Remove a folder of a submission's, where there is one."""
        if (found := self.folder / place / folder).is_dir():
            shutil.rmtree(found)

    def places(self) -> set[str]:
        """The folders that hold a submission's record."""
        return {path.parent.name for path in self.folder.glob("*/grade.json")}

    def read(self, place: str, name: str) -> str | None:
        """What a submission's file holds now, or None where there is none."""
        try:
            return (self.folder / place / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def salt(self) -> str:
        """What gives the seeds of this class's trainings, drawn at the first call and kept for the next runs."""
        path = self.folder / SALT
        try:
            kept = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            kept = ""
        except OSError as error:
            raise MachineError(f"can't be read: {error}", where=str(path)) from error
        if not kept:
            kept = secrets.token_hex(16)
            _write(path, f"{kept}\n")
        return kept

    def save_class(self, gradebook: str, standings: ClassStandings) -> None:
        """Write the class's table, and the same for other commands."""
        _write(self.folder / STANDINGS, standings.model_dump_json())
        _write(self.folder / GRADEBOOK, gradebook)

    def save_page(self, page: str) -> None:
        """Write the class's page."""
        _write(self.folder / _PAGE, page)

    def alike(self) -> bytes | None:
        """The record of pairs that `grader alike` wrote, or None where there is none."""
        try:
            return (self.folder / _ALIKE).read_bytes()
        except OSError:
            return None

    def standings(self) -> ClassStandings:
        """Where everyone stands. Raises MachineError where no class was graded here."""
        path = self.folder / STANDINGS
        try:
            return ClassStandings.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            why = "can't be read" if path.exists() else "is not there"
            hint = "Grade the class into this folder first: grader grade"
            raise MachineError(why, where=str(path), hint=hint) from error

    def page(self, place: str) -> bytes | None:
        """A submission's feedback page, or None where there is none."""
        try:
            return (self.folder / place / "feedback.html").read_bytes()
        except OSError:
            return None


def _write(path: Path, content: str | bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise MachineError(
            f"can't be written: {error.strerror or error}",
            where=str(path),
            hint="Make its folder writable for you, and room on the disk. The same command goes on from there.",
        ) from error
