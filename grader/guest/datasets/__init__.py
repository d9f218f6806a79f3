"""One file is one data set; this folder is the registry, which the grader and the kernel both import.

Every module here that doesn't start with an underscore holds one `DATA_SET`. A new data set is a new file: nothing else
has to know of it. Only the standard library is imported before data is read, and of that
what is slow to load only then: commands that list data sets start at once.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ._entry import DataSet, Unreadable

__all__ = ["DataSet", "Unreadable", "data_sets", "registered"]


@cache
def data_sets() -> dict[str, DataSet]:
    """Every data set by the name that a rubric uses, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return registered(import_module(f"{__name__}.{name}").DATA_SET for name in names)


def registered(found: Iterable[DataSet]) -> dict[str, DataSet]:
    """Data sets by name. Raises ValueError where two have a name, or a file of the web, in common."""
    by_name: dict[str, DataSet] = {}
    owners: dict[tuple[str, str], DataSet] = {}
    for entry in found:
        names = [("name", entry.name), *(("file", name) for name in (*entry.copies, *entry.samples_on_colab))]
        names += [("class of torchvision", entry.torchvision), ("module of Keras", entry.keras), ("title", entry.title)]
        for kind, name in names:
            if name and (other := owners.setdefault((kind, name), entry)) is not entry:
                raise ValueError(f"{other.name} and {entry.name} have the same {kind}: {name}")
        by_name[entry.name] = entry
    return by_name
