"""Which layout an export has, and where in what was given it lies."""

from pathlib import Path
from typing import NamedTuple

from grader.core.errors import SubmissionError
from grader.intake import archive
from grader.intake.class_archive import unpack_class, whole
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


def _recognised(export: Export, layout: str | None, scratch: Path, depth: int) -> Recognised:
    if export.packed:
        unpacked = unpack_class(export.root, scratch)
        export = export_of(unpacked.folder, export.name, unpacked.left)
    found = [] if layout == PLAIN else _exports(export, layout)
    if found and (way := _agreed(export, found, layout)) is not None:
        return _at(export, way, found[0].layout, scratch, depth)
    if layout not in (None, PLAIN):
        hint = f"Without --layout it is told by what is there. Its names are: {_some(export.tree)}."
        raise SubmissionError(f"holds no export of {layout}", where=str(export.root), hint=hint)
    return _plain(export, layout, scratch, depth)


def _at(export: Export, way: tuple[str, ...], layout: str, scratch: Path, depth: int) -> Recognised:
    said = (f"It lies in {whole('/'.join(way))}.",) if way else ()
    *folders, last = way or ("",)
    if not way or export.at(*folders).tree[last] is not None:
        return Recognised(export.at(*way), layout, said)
    inner = _recognised(_packed(export.at(*folders).root / last), layout, scratch, depth - 1)
    return inner._replace(said=(*said, *inner.said))


def _plain(export: Export, layout: str | None, scratch: Path, depth: int) -> Recognised:
    """Hand-ins by their names, in the first folder that holds more than one."""
    way: tuple[str, ...] = ()
    level = export
    while not _holds_class(level.tree):
        inside = [name for name, below in level.tree.items() if is_handin(name, below)]
        if len(inside) != 1:
            break
        way = (*way, inside[0])
        if level.tree[inside[0]] is None:
            path = level.root / inside[0]
            if depth and archive.is_archive_name(path.name) and path.is_file() and _wraps_class(_packed(path).tree):
                return _at(export, way, PLAIN, scratch, depth)
            break
        level = level.at(inside[0])
    if _holds_class(level.tree):
        return Recognised(level, PLAIN, (f"It lies in {whole('/'.join(way))}.",) if way else ())
    handins = [name_of(name, below) for name, below in export.tree.items() if is_handin(name, below)]
    if not handins:
        hint = "Each submission is a folder, an archive or a file in it. For a single one use: grader check"
        raise SubmissionError("holds no submissions", where=str(export.root), hint=hint)
    loose = all(below is None and not archive.is_archive_name(name) for name, below in export.tree.items())
    if layout is None and loose and all(map(named_as_work, handins)):
        raise SubmissionError(
            f"holds files of one submission, as it seems: {_some(export.tree)}",
            where=str(export.root),
            hint="For a single submission use: grader check. If each file is another person's: --layout plain",
        )
    return Recognised(export, PLAIN)


def _exports(export: Export, layout: str | None) -> list[_Found]:
    """The exports of platforms here, or else in the folders and archives here."""
    if here := _layouts_of(export.name, export.tree, layout):
        return [_Found((), name) for name in here]
    inside = [name for name, below in sorted(export.tree.items()) if below is not None or archive.is_archive_name(name)]
    if len(inside) > _MOST_SIDE_BY_SIDE:
        return []
    found: list[_Found] = []
    for name in inside:
        if export.tree[name] is not None:
            found += [_Found((name, *each.way), each.layout) for each in _exports(export.at(name), layout)]
        elif not export.packed and (export.root / name).is_file():
            inner = _exports(_packed(export.root / name), layout)
            found += [_Found((name,), each.layout) for each in inner]
    return found


def _layouts_of(name: str, tree: Tree, layout: str | None) -> list[str]:
    if layout is not None:
        return [layout] if layouts()[layout].score(name, tree) > 0 else []
    scores = {known: each.score(name, tree) for known, each in layouts().items() if known != PLAIN}
    return [known for known, score in scores.items() if score >= _SURE]


def _agreed(export: Export, found: list[_Found], layout: str | None) -> tuple[str, ...] | None:
    """The names to the one export; None where hand-ins lie here, of which few look like exports.

    Raises SubmissionError where several exports are meant, or one and something else.
    """
    unpacked = {(*each.way[:-1], name_of(each.way[-1], {})) for each in found if each.way}
    found = [
        each for each in found if not (each.way and (*each.way[:-1], _stem(each.way[-1])) in unpacked - {each.way})
    ]
    ways = sorted({each.way for each in found})
    if len(ways) == 1 and len(found) > 1:
        named = " and ".join(each.layout for each in found)
        hint = f"Say which: --layout {found[0].layout}, or part them into two folders."
        raise SubmissionError(f"looks like exports of {named} at once", where=str(export.root), hint=hint)
    level, shared = export, 0
    while len({way[: shared + 1] for way in ways}) == 1 and len(ways[0]) > shared:
        others = _others(level.tree, ways[0][shared])
        if others:
            break
        level, shared = level.at(ways[0][shared]) if level.tree[ways[0][shared]] is not None else level, shared + 1
    if shared == len(ways[0]) and len(ways) == 1:
        return ways[0]
    inside = {way[shared] for way in ways}
    here = {name for name, below in level.tree.items() if is_handin(name, below)}
    if layout is None and len(inside) * 2 < len(here):
        return None
    named = ", ".join(f"{whole('/'.join(each.way))} ({each.layout})" for each in found[:5])
    others = here - inside
    besides = f" beside {_some(dict.fromkeys(others))}" if others else ""
    several = "several exports" if len(ways) > 1 else "an export"
    raise SubmissionError(
        f"holds {several}{besides}: {named}",
        where=str(export.root),
        hint="Name the one that is to be graded. If each is one person's hand-in: --layout plain",
    )


def _others(tree: Tree, name: str) -> set[str]:
    """What else here may be handed in; the archive that a folder was unpacked from is not."""
    own = name_of(name, tree[name])
    return {
        other
        for other, below in tree.items()
        if other != name
        and is_handin(other, below)
        and (name_of(other, below) != own or not archive.is_archive_name(other))
    }


def _holds_class(tree: Tree) -> bool:
    """Whether most names here are several people's, and not of files of one submission."""
    names = {name_of(name, below) for name, below in tree.items() if is_handin(name, below)}
    return len(names) > 1 and sum(map(named_as_work, names)) * 2 < len(names)


def _wraps_class(tree: Tree) -> bool:
    """Whether an archive is worth unpacking for what it holds: a class, or another archive alone."""
    while not _holds_class(tree):
        inside = [name for name, below in tree.items() if is_handin(name, below)]
        if len(inside) != 1:
            return False
        below = tree[inside[0]]
        if below is None:
            return archive.is_archive_name(inside[0])
        tree = below
    return True


def _packed(path: Path) -> Export:
    """An archive by the names in it; none where it can't be read."""
    try:
        tree = tree_of(archive.stated(path))
    except (SubmissionError, OSError):
        tree = {}
    return Export(path, archive.stem(path), tree, packed=True)


def _stem(name: str) -> str:
    return name_of(name, None)


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
