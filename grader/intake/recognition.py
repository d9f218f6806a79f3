"""Which layout an export has, and where in what was given it lies."""

from pathlib import Path
from typing import NamedTuple

from grader.core.errors import SubmissionError
from grader.core.text import whole
from grader.intake import archive
from grader.intake.class_archive import unpack_class
from grader.intake.layouts import PLAIN, Export, Tree, layouts
from grader.intake.layouts._export import export_of, tree_of
from grader.intake.layouts._plain import is_handin, name_of, named_as_work

_SURE = 0.5
_DEEPEST = 6  # archives around an export
_MOST_SIDE_BY_SIDE = 8  # exports lie side by side by twos and threes, hand-ins by hundreds
_OTHER_ARCHIVES = (".rar", ".7z", ".zst", ".lz4", ".cab", ".iso", ".dmg")


class Recognised(NamedTuple):
    """An export in what was given, its layout, and how it was found."""

    export: Export
    layout: str
    said: tuple[str, ...] = ()


class _Found(NamedTuple):
    way: tuple[str, ...]  # the names to it
    layout: str


def recognised(path: Path, layout: str | None, scratch: Path) -> Recognised:
    """The export in a folder or archive, whatever is wrapped around it.

    Raises SubmissionError where there is none, or more than one; MachineError where there is no room to unpack it.
    """
    if layout is not None and layout not in layouts():
        raise SubmissionError(f"no layout is called {layout}", hint=f"There are: {', '.join(layouts())}.")
    if not path.exists():
        raise SubmissionError("no such file or folder", where=str(path))
    if path.is_dir():
        _refuse_part(path)
        return _recognised(export_of(path, path.resolve().name), layout, scratch, _DEEPEST)
    if not archive.is_archive(path):
        other = path.name.lower().endswith(_OTHER_ARCHIVES)
        found = (
            "is an archive of a kind that is not unpacked here"
            if other
            else "is no folder of submissions and no archive"
        )
        hint = "Unpack it, and name the folder." if other else "For a single submission use: grader check"
        raise SubmissionError(found, where=str(path), hint=hint)
    return _recognised(_packed(path), layout, scratch, _DEEPEST)


def _recognised(export: Export, layout: str | None, scratch: Path, depth: int, *, inner: bool = False) -> Recognised:
    if export.packed:
        unpacked = unpack_class(export.root, scratch)
        export = export_of(unpacked.folder, export.name, unpacked.left)
    if found := [] if layout == PLAIN else _exports(export, layout):
        return _at(export, _agreed(export, found), found[0].layout, scratch, depth)
    if layout not in (None, PLAIN):
        hint = f"Without --layout it is told by what is there: {_some(export.tree)}."
        raise SubmissionError(f"holds no export of {layout}", where=str(export.root), hint=hint)
    return _plain(export, layout, scratch, depth, inner=inner)


def _at(export: Export, way: tuple[str, ...], layout: str | None, scratch: Path, depth: int) -> Recognised:
    """The export at the end of a way; an archive there is looked into again."""
    said = [f"It lies in {whole('/'.join(way))}."] if way else []
    level = export
    for name in way:
        if others := sorted(set(level.tree) - {name}):
            said.append(f"Left out beside {whole(name)}: {_some(dict.fromkeys(others))}.")
        if level.tree[name] is None:
            if depth == 0:
                raise SubmissionError("lies in too many archives", where=str(level.root / name))
            inner = _recognised(_packed(level.root / name), layout, scratch, depth - 1, inner=True)
            return inner._replace(said=(*said, *inner.said))
        level = level.at(name)
    return Recognised(level, layout or PLAIN, tuple(said))


def _plain(export: Export, layout: str | None, scratch: Path, depth: int, *, inner: bool) -> Recognised:
    """Hand-ins by their names, in the first folder that holds more than one."""
    way: tuple[str, ...] = ()
    level = export
    while not _holds_class(level.tree) and (name := _only(level.tree)):
        way = (*way, name)
        if level.tree[name] is None:
            path = level.root / name
            if archive.is_archive_name(name) and path.is_file() and _wraps_class(_packed(path).tree):
                found = _at(export, way, layout, scratch, depth)
                if found.layout != PLAIN or _holds_class(found.export.tree):
                    return found
            break
        level = level.at(name)
    if _holds_class(level.tree):
        return _at(export, way, layout, scratch, depth)
    handins = [name_of(name, below) for name, below in export.tree.items() if is_handin(name, below)]
    if not handins:
        hint = "Each submission is a folder, an archive or a file in it. For a single one use: grader check"
        raise SubmissionError("holds no submissions", where=str(export.root), hint=hint)
    loose = any(
        is_handin(name, below) and below is None and not archive.is_archive_name(name)
        for name, below in export.tree.items()
    )
    if layout is None and loose and not inner and all(map(named_as_work, handins)):
        raise SubmissionError(
            f"holds files of one submission, as it seems: {_some(export.tree)}",
            where=str(export.root),
            hint="For a single submission use: grader check. If each file is another person's: --layout plain",
        )
    return Recognised(export, PLAIN)


def _exports(export: Export, layout: str | None) -> list[_Found]:
    """The exports of platforms here, or else in the folders and archives here.

    Where few of many look like exports, these are hand-ins that do.
    """
    if here := _layouts_of(export.name, export.tree, layout):
        return [_Found((), name) for name in here]
    handins = {name: below for name, below in sorted(export.tree.items()) if is_handin(name, below)}
    if len(handins) > _MOST_SIDE_BY_SIDE:
        return []
    found: dict[str, list[_Found]] = {}
    for name, below in handins.items():
        if below is not None:
            found[name] = [_Found((name, *each.way), each.layout) for each in _exports(export.at(name), layout)]
        elif archive.is_archive_name(name) and not export.packed and (export.root / name).is_file():
            found[name] = [_Found((name,), each.layout) for each in _exports(_packed(export.root / name), layout)]
    exports = [name for name, inside in found.items() if inside]
    if layout is None and len(exports) * 2 < len(handins):
        return []
    # An archive beside the folder that it was unpacked to is the same export.
    unpacked = {name for name in exports if handins[name] is not None}
    return [each for name in exports for each in found[name] if name in unpacked or name_of(name, None) not in unpacked]


def _layouts_of(name: str, tree: Tree, layout: str | None) -> list[str]:
    if layout is not None:
        return [layout] if layouts()[layout].score(name, tree) > 0 else []
    scores = {known: each.score(name, tree) for known, each in layouts().items() if known != PLAIN}
    return [known for known, score in scores.items() if score >= _SURE]


def _agreed(export: Export, found: list[_Found]) -> tuple[str, ...]:
    """The way to the one export. Raises SubmissionError where several are meant, or one and something else."""
    ways = sorted({each.way for each in found})
    named = ", ".join(f"{whole('/'.join(each.way)) or 'it'} ({each.layout})" for each in found[:5])
    if len(ways) > 1:
        raise SubmissionError(
            f"holds several exports: {named}",
            where=str(export.root),
            hint="Name the one that is to be graded. If each is one person's hand-in: --layout plain",
        )
    if len(found) > 1:
        hint = f"Part them into two folders, or say which it is: --layout {found[0].layout}"
        raise SubmissionError(f"looks like several exports at once: {named}", where=str(export.root), hint=hint)
    tree = export.tree
    for name in ways[0]:
        own = {other for other, below in tree.items() if is_handin(other, below)}
        if others := {other for other in own - {name} if name_of(other, tree[other]) != name_of(name, tree[name])}:
            raise SubmissionError(
                f"holds an export, {named}, beside {_some(dict.fromkeys(others))}",
                where=str(export.root),
                hint="Name the export alone. If each is one person's hand-in: --layout plain",
            )
        tree = tree[name] or {}
    return ways[0]


def _only(tree: Tree) -> str:
    """What alone may have been handed in here, or be a folder around it all; empty where there are several or none.

    An archive beside the folder that it was unpacked to doesn't count.
    """
    handins = {name: below for name, below in tree.items() if is_handin(name, below)}
    folders = {name for name, below in handins.items() if below is not None}
    counted = [name for name, below in handins.items() if below is not None or name_of(name, None) not in folders]
    return counted[0] if len(counted) == 1 else ""


def _holds_class(tree: Tree) -> bool:
    """Whether most names here are several people's, and not of files of one submission."""
    names = {name_of(name, below) for name, below in tree.items() if is_handin(name, below)}
    return len(names) > 1 and sum(map(named_as_work, names)) * 2 < len(names)


def _wraps_class(tree: Tree) -> bool:
    """Whether an archive is worth unpacking for what it holds: a class, or another archive alone."""
    while not _holds_class(tree):
        if not (name := _only(tree)):
            return False
        below = tree[name]
        if below is None:
            return archive.is_archive_name(name)
        tree = below
    return True


def _packed(path: Path) -> Export:
    """An archive by the names in it; none where it can't be read."""
    try:
        tree = tree_of(archive.stated(path))
    except (SubmissionError, OSError):
        tree = {}
    return Export(path, archive.stem(path), tree, packed=True)


def _refuse_part(path: Path) -> None:
    """One submission of an export is none: who handed it in stands in the folder above."""
    above = path.resolve().parent
    try:
        beside = (above / "submission_metadata.yml").is_file() and path.resolve().name.startswith("submission_")
    except OSError:
        return
    if beside:
        hint = f"Name the whole export: {above}. For this one alone use: grader check"
        raise SubmissionError("is one submission of an export", where=str(path), hint=hint)


def _some(names: Tree | dict[str, None]) -> str:
    shown = sorted(map(whole, names))
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
