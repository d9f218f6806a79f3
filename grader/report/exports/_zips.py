"""Feedback pages in zips, whose bytes depend on their files alone."""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from grader.core.standing import Standing
from grader.report.exports._results import called, listed

_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


class Page(NamedTuple):
    """Where the feedback page of a person goes."""

    path: str
    standing: Standing


def by_path(placed: Iterable[Page], pages: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """(the pages by path, what is said of those that would meet another hand-in's page there and are left out)."""
    at: defaultdict[str, list[Standing]] = defaultdict(list)
    for page in placed:
        # Names of files that are no UTF-8 can't stand in a zip as they are.
        at[page.path.encode("utf-8", "replace").decode()].append(page.standing)
    met = [path for path, whose in at.items() if len({standing.key for standing in whose}) > 1]
    names = [called(standing.person, standing.key) for path in met for standing in at[path]]
    files = {path: pages[whose[0].key] for path, whose in at.items() if path not in met}
    return files, listed("No feedback page for these, whose pages would have one name", names)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files by name, in the order of their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o100644 << 16  # the same from every system
            archive.writestr(info, content)
    return out.getvalue()
