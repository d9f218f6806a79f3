"""What was handed in, as long as it lies where it was graded from."""

import os
from collections.abc import Iterator
from pathlib import Path

from grader.core.handin import Handin
from grader.store import Store

_MOST = 300  # files of one hand-in


class HandedInFiles:
    """The files of each hand-in, as the last run that had it names them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.run = 0
        self.handins: dict[str, Handin] = {}

    def files(self, key: str) -> list[tuple[str, Path]]:
        """(the name as it was handed in, where it lies), of regular files alone; archives are not opened."""
        self._bring_up_to_date()
        handin = self.handins.get(key)
        found = [pair for given in (handin.files if handin else ()) for pair in _within(given.path, given.name)]
        return found[:_MOST]

    def _bring_up_to_date(self) -> None:
        for run in self.store.runs():
            if run.number > self.run:
                self.run = run.number
                handed_in = self.store.handed_in(run.number)
                self.handins |= {handin.key: handin for handin in (handed_in.handins if handed_in else ())}


def _within(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    if path.is_symlink():
        return
    if path.is_file():
        yield name or path.name, path
    for folder, folders, names in os.walk(path):  # which follows no links
        folders.sort()
        for file in sorted(names):
            found = Path(folder) / file
            if found.is_file() and not found.is_symlink():
                yield "/".join(filter(None, (name, found.relative_to(path).as_posix()))), found
