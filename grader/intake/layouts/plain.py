"""A folder in which each hand-in is a folder, an archive, or a file; files of one name are one person's."""

from grader.intake.layouts._export import Export, Found, Tree
from grader.intake.layouts._plain import is_handin, read_plain

_LEAST = 0.1  # whatever a platform's layout knows is its own


def score(name: str, tree: Tree) -> float:
    """Whatever holds something that may be handed in."""
    return _LEAST if any(is_handin(place, inside) for place, inside in tree.items()) else 0.0


def read(export: Export, assignment: str | None) -> Found:
    """Every name is a person."""
    return read_plain(export, export.tree)
