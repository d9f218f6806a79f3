"""Canvas's "Download Submissions": `<name>_[LATE_]<user>_<attachment>_<file>`, all in one folder.

The name is the sortable one in small letters without what is no letter; where grading is anonymous it is `anon`, and
the user a code. A text is `<name>_[LATE_]<user>_text.html`, the address of a page `…_link.html`, with the attachment's
number or without. A file that is handed in again under its name gets `-1`, `-2` before its ending.
"""

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import normalize

from grader.core.handin import Handin, Person
from grader.core.text import whole
from grader.intake.layouts._export import Export, Found, Tree, files_in
from grader.intake.layouts._plain import read_rest, share_of_handins

_FILE = re.compile(
    r"(?P<name>.*?)_(?P<late>LATE_)?(?P<user>\d+(?:~\d+)?)_"
    r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<entry>(?:text|link)\.html))",
    re.DOTALL,
)
_ANONYMOUS = re.compile(
    r"(?:LATE_)?(?P<name>anon)_(?P<late>LATE_)?(?P<user>[A-Za-z0-9]+)_"
    r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<entry>(?:text|link)\.html))",
    re.DOTALL,
)
_AGAIN = re.compile(r"(.*)-(\d{1,3})")


class _Upload(NamedTuple):
    place: str
    name: str
    user: str
    late: bool
    attachment: int
    file: str


def score(name: str, tree: Tree) -> float:
    """The share of what lies there that is called so."""
    return share_of_handins(tree, (file for file in files_in(tree) if _upload(file)))


def read(export: Export, assignment: str | None) -> Found:
    """All files of one user are a hand-in, and of one name handed in again the last counts."""
    by_user: dict[tuple[str, str], list[_Upload]] = defaultdict(list)
    rest = []
    for place in sorted(export.tree):
        if export.tree[place] is None and (upload := _upload(place)):
            by_user[normalize("NFC", upload.name).casefold(), upload.user].append(upload)
        else:
            rest.append(place)
    handins: list[Handin] = []
    said: list[str] = []
    for uploads in by_user.values():
        handin, remarks = _handin(export, uploads)
        handins.append(handin)
        said += remarks
    others = read_rest(export, rest, "canvas")
    return Found(handins=(*handins, *others.handins), said=(*said, *others.said))


def _handin(export: Export, uploads: list[_Upload]) -> tuple[Handin, list[str]]:
    first = uploads[0]
    latest, said = _latest(uploads)
    again = [_again(upload.file)[1] for name, upload in latest.items() if upload.file != name]
    person = Person(name="" if first.name == "anon" else whole(first.name), user=first.user)
    handin = export.handin(
        person,
        files=[(upload.place, name) for name, upload in latest.items()],
        late=any(upload.late for upload in latest.values()),
        attempt=max(again) + 1 if again else None,
        source=whole(first.place),
    )
    return handin, said


def _latest(uploads: list[_Upload]) -> tuple[dict[str, _Upload], list[str]]:
    """The uploads that count, by the names of their files, and what is said of the others."""
    said = []
    given = {upload.file for upload in uploads}
    by_name: dict[str, list[tuple[int, _Upload]]] = defaultdict(list)
    for upload in uploads:
        before, number = _again(upload.file)
        name = before if before in given else upload.file
        by_name[name].append((number if name == before else 0, upload))
    latest = {}
    for name, several in by_name.items():
        *others, (_, last) = sorted(several, key=lambda each: (each[0], each[1].attachment))
        latest[name] = last
        said += [
            f"{whole(last.place)} counts, and not {whole(other.place)}: it was handed in again." for _, other in others
        ]
    return latest, said


def _again(file: str) -> tuple[str, int]:
    """(the name before Canvas put a number into it, the number)."""
    path = PurePosixPath(file)
    match = _AGAIN.fullmatch(path.stem)
    return (match[1] + path.suffix, int(match[2])) if match else (file, 0)


def _upload(file: str) -> _Upload | None:
    match = _ANONYMOUS.fullmatch(file) or _FILE.fullmatch(file)
    if not match or "_assignsubmission_" in file:  # a file of Moodle's may be called so
        return None
    return _Upload(
        place=file,
        name=match["name"],
        user=match["user"],
        late=bool(match["late"]) or file.startswith("LATE_anon_"),
        attachment=int(match["attachment"] or 0),
        file=match["file"] or match["entry"],
    )
