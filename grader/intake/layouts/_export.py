"""What layouts are given and what they give: the names in an export, and the hand-ins that they make of them."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Optional, Protocol

from grader.core.errors import SubmissionError
from grader.core.handin import HandedInFile, Handin, Person
from grader.core.record import Record
from grader.core.text import whole
from grader.intake.archive import LeftOut
from grader.intake.class_archive import leads_out
from grader.intake.junk import ENVIRONMENT, is_junk, lies_in_junk
from grader.intake.kinds import points_at_an_answer

Tree = dict[str, Optional["Tree"]]
"""The names in a folder: of a folder those in it, of a file None. Below some levels folders are empty."""

_DEEPEST = 8


class Found(Record):
    """What a layout read: hand-ins yet without keys, among them several attempts of the same people.

    `assignment` is the one that was chosen, where such an export may hold several.
    """

    assignment: str = ""
    handins: tuple[Handin, ...] = ()
    missing: tuple[Person, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Export:
    """A folder of an export, or an archive that is not unpacked yet.

    `left` says of names in it why they can't be had, by paths from here with `/`, and `said` of those out of it.
    """

    root: Path
    name: str
    tree: Tree
    left: Mapping[str, LeftOut] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    packed: bool = False

    def at(self, *names: str) -> "Export":
        """A folder in it."""
        tree = self.tree
        for name in names:
            tree = tree[name] or {}
        if not names:
            return self
        prefix = "".join(f"{name}/" for name in names)
        left = {place.removeprefix(prefix): entry for place, entry in self.left.items() if place.startswith(prefix)}
        return Export(self.root.joinpath(*names), names[-1], tree, left, self.said)

    def handin(
        self, *people: Person, files: Iterable[tuple[str, str]], without: tuple[str, ...] = (), **known: Any
    ) -> Handin:
        """A hand-in of these: (place in the export, name under which it was handed in). What is left out is unread."""
        found: list[HandedInFile] = []
        unread: dict[str, str] = dict(known.pop("unread", {}))
        for place, name in files:
            if place in self.left:
                unread[whole(name or place)] = f"was left out: {self.left[place].why}"
            for inner, entry in self.left.items():
                if inner.startswith(f"{place}/") and (entry.held or points_at_an_answer(inner)):
                    unread[whole(str(PurePosixPath(name) / inner[len(place) + 1 :]))] = f"was left out: {entry.why}"
            path = self.root / place
            if not os.path.islink(path) and (os.path.isdir(path) or os.path.isfile(path)):
                found.append(HandedInFile(path=path, name=whole(name), without=without))
        return Handin(key="", people=people, files=tuple(found), unread=unread, **known)


class Layout(Protocol):
    """A module of this folder."""

    def score(self, name: str, tree: Tree) -> float:
        """How sure it is, between 0 and 1, that a folder of this name holds such an export; by names alone."""

    def read(self, export: Export, assignment: str | None) -> Found:
        """The hand-ins of such an export. Raises SubmissionError where it can't be told what they are."""


def export_of(folder: Path, name: str, left: Sequence[LeftOut] = ()) -> Export:
    """A folder on disk, its links and what was left out of the archive that it was in among the names."""
    out = tuple(f"{entry.name} was left out of the archive: {entry.why}." for entry in left if leads_out(entry.name))
    known = {str(PurePosixPath(entry.name)): entry for entry in left if not leads_out(entry.name)}
    tree = _tree(folder, _DEEPEST, "", known)
    for place in known:
        _plant(tree, PurePosixPath(place).parts)
    return Export(folder, name, tree, known, out)


def tree_of(names: Iterable[str]) -> Tree:
    """The names in an archive, by the paths of its files, and of folders with `/` at their end."""
    tree: Tree = {}
    for name in names:
        if not lies_in_junk(name) and not leads_out(name):
            _plant(tree, PurePosixPath(name.replace("\\", "/")).parts, folder=name.endswith("/"))
    return tree


def folders_in(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The folders among the names, in order."""
    return ((name, inside) for name, inside in sorted(tree.items()) if inside is not None)


def files_in(tree: Tree) -> list[str]:
    """The files among the names, in order."""
    return sorted(name for name, inside in tree.items() if inside is None)


def _plant(tree: Tree, parts: tuple[str, ...], *, folder: bool = False) -> None:
    for name in parts[:-1]:
        inside = tree.setdefault(name, {})
        if inside is None:  # a file that is a folder too: the file was first
            return
        tree = inside
    tree.setdefault(parts[-1], {} if folder else None)


def _tree(folder: Path, depth: int, prefix: str, left: dict[str, LeftOut]) -> Tree:
    tree: Tree = {}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if not prefix:
            raise SubmissionError(f"can't be opened: {error.strerror}", where=str(folder)) from error
        left[prefix.rstrip("/")] = LeftOut(name=whole(prefix), why=f"can't be opened: {error.strerror}")
        return tree
    if prefix and any(entry.name == ENVIRONMENT for entry in entries):
        return tree
    for entry in entries:
        if is_junk(entry.name):
            continue
        place = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            tree[entry.name] = _tree(folder / entry.name, depth - 1, f"{place}/", left) if depth > 1 else {}
            continue
        tree[entry.name] = None
        if not entry.is_file(follow_symlinks=False):
            why = "a link, which is not followed" if entry.is_symlink() else "no regular file"
            left[place] = LeftOut(name=whole(place), why=why, held=False)
    return tree
