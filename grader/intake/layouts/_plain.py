"""What people and their files are where no platform named them: a folder, an archive or the files of one name each."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from grader.core.handin import Person
from grader.core.text import whole
from grader.intake import archive
from grader.intake.kinds import may_answer
from grader.intake.layouts._export import Export, Found, Tree

_NOBODYS = re.compile(
    r"(?:readme|license|licence|instructions?|rubrics?|roster|gradebook|grades|feedback|index)\b.*", re.IGNORECASE
)
# What people call files and folders of one submission, not themselves.
_OF_WORK = re.compile(
    r"(?:(?:my|the|final|old|new|copy[ _-]of)[ _-]*){0,3}"
    r"(?:reports?|answers?|solutions?|notebooks?|submission|submitted|assignments?|homeworks?|hw|problems?|prob|p?sets?|ps"
    r"|exercises?|ex|tasks?|parts?|questions?|q|code|src|data|docs?|figures?|images?|pictures|plots?|main|models?"
    r"|train(?:ing)?|tests?|utils?|untitled|nn|cnn|mlp|mnist|results?|checkpoints?|weights|requirements|labs?|weeks?"
    r"|projects?|papers?|write-?up|notes|onlinetext|timestamp|presentation|slides|appendix|output|logs?|runs?"
    r"|\d{1,2}[a-z]?(?!\w))(?:[ _.()-]{0,3}\d{1,8}[a-z]{0,3}){0,3}",
    re.IGNORECASE,
)


def read_plain(export: Export, places: Iterable[str]) -> Found:
    """A hand-in of every name: `ada/`, `ada.zip`, `ada.ipynb` and `ada.pdf` are Ada's together."""
    by_name: dict[str, list[str]] = defaultdict(list)
    said: list[str] = []
    nobodys = _nobodys({place: export.tree[place] for place in places})
    for place in sorted(places):
        if why := nobodys.get(place):
            said.append(f"{whole(place)} was left out: it {why}.")
        else:
            by_name[normalize("NFC", name_of(place, export.tree[place]))].append(place)
    handins = []
    for name, several in by_name.items():
        alone = len(several) == 1
        files = [(place, "" if alone and export.tree[place] is not None else place) for place in several]
        handins.append(export.handin(Person(name=whole(name)), files=files, source=whole(several[0])))
        if not alone and any(export.tree[place] is not None or archive.is_archive_name(place) for place in several):
            said.append(f"{', '.join(map(whole, several))}: taken as one hand-in, since they have one name.")
    loose = [name for name, several in by_name.items() if all(export.tree[place] is None for place in several)]
    return Found(handins=tuple(handins), said=(*said, *_doubts(loose, by_name)))


def read_rest(export: Export, places: Iterable[str], layout: str) -> Found:
    """What lies in the export of a platform, and was not named by it: people put it there by hand."""
    found = read_plain(export, places)
    said = tuple(
        f"{handin.source} is not named as {layout} names hand-ins: it was taken as one of its own."
        for handin in found.handins
    )
    return Found(handins=found.handins, said=(*found.said, *said))


def is_handin(place: str, inside: Tree | None) -> bool:
    """Whether it may be what somebody handed in, by its name."""
    return not _no_handin(place, inside)


def share_of_handins(tree: Tree, known: Iterable[str]) -> float:
    """The share of what may be handed in here whose names a platform's layout knows."""
    names = set(known)
    return len(names) / max(1, len(names | {place for place, inside in tree.items() if is_handin(place, inside)}))


def named_as_work(name: str) -> bool:
    """Whether it is called as files of one submission are, `report` or `set4_3B`, and not as a person."""
    found = _OF_WORK.match(name)
    return found is not None and name[found.end() : found.end() + 1] in ("", *" _.(-")


def name_of(place: str, inside: Tree | None) -> str:
    """The name without the ending of a file."""
    if inside is not None:
        return place
    if archive.is_archive_name(place):
        return archive.stem(Path(place)) or place
    return PurePosixPath(place).stem


def _nobodys(tree: Tree) -> dict[str, str]:
    """What is nobody's hand-in here, and why. A file that is called `notes` says whose it is no more than `README`."""
    whys = {place: why for place, inside in tree.items() if (why := _no_handin(place, inside))}
    work = {
        place: "names nobody"
        for place, inside in tree.items()
        if inside is None and not archive.is_archive_name(place) and _OF_WORK.fullmatch(name_of(place, None))
    }
    return whys if len(whys | work) == len(tree) else work | whys


def _no_handin(place: str, inside: Tree | None) -> str:
    if place.startswith("."):
        return "is hidden"
    if inside is None and not archive.is_archive_name(place) and not may_answer(place):
        return "is data, and no hand-in"
    return "belongs to nobody" if inside is None and _NOBODYS.fullmatch(place) else ""


def _doubts(loose: list[str], names: Iterable[str]) -> Iterable[str]:
    """Names of files that may be one person's, and are kept apart."""
    whose: dict[str, str] = {}
    for name in sorted(names):
        if other := whose.get(name.casefold()):
            yield f"{whole(other)} and {whole(name)} may be one person, and are kept apart."
        whose[name.casefold()] = name
    for name in sorted(loose):
        folded = name.casefold()
        starts = [folded[: match.start()].rstrip(" _.(-") for match in re.finditer(r"[ _.(-]", folded)]
        if other := next((whose[start] for start in reversed(starts) if start in whose and start != folded), None):
            yield f"{whole(other)} and {whole(name)} may be one person, and are kept apart."
