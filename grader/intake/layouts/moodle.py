"""Moodle's "Download all submissions": `<Full Name>_<number>_assignsubmission_file_/…`, or flat with the file behind.

An online text has a folder or file of its own, `…_assignsubmission_onlinetext_`. Where marking is blind the name is
`Participant`, in the language of the site; the name of a group may go before a person's. The number is the
participant's in this assignment, as in the grading worksheet.
"""

import re
from collections import defaultdict
from typing import NamedTuple
from unicodedata import normalize

from grader.core.handin import Person
from grader.core.text import whole
from grader.intake.layouts._export import Export, Found, Tree
from grader.intake.layouts._plain import read_rest, share_of_handins

_ENTRY = re.compile(
    r"(?P<name>.*?)_(?P<user>\d+)_(?:assign(?P<what>submission|feedback)_(?P<plugin>[a-z]+)|onlinetext)"
    r"(?:_(?P<file>.*))?",
    re.DOTALL,
)
_PARTICIPANT = (
    "participant", "teilnehmer", "teilnehmerin", "teilnehmende", "participante", "deelnemer",
    "partecipante", "deltaker", "deltager", "deltagare", "osallistuja", "uczestnik", "участник", "účastník",
    "katılımcı", "participants", "συμμετέχων", "resztvevo", "résztvevő", "参加者", "参与者", "參與者", "참가자",
    "مشارك", "משתתף",
)  # fmt: skip


class _Part(NamedTuple):
    place: str
    name: str
    user: str
    file: str
    feedback: bool


def score(name: str, tree: Tree) -> float:
    """The share of what lies there that is called so."""
    return share_of_handins(tree, filter(_part, tree))


def read(export: Export, assignment: str | None) -> Found:
    """The files and the text of one participant are a hand-in."""
    by_user: dict[tuple[str, str], list[_Part]] = defaultdict(list)
    rest, said = [], []
    for place in sorted(export.tree):
        part = _part(place)
        if part is None:
            rest.append(place)
        elif part.feedback:
            said.append(f"{whole(place)} was left out: it is feedback, and not handed in.")
        else:
            by_user[part.user, normalize("NFC", part.name).casefold()].append(part)
    names = {name for _, name in by_user}
    blind = len(names) == 1 and len(by_user) > 2  # whatever the word for it is
    handins = []
    for (user, _), parts in by_user.items():
        name = whole(parts[0].name)
        if blind or _letters(name) in _PARTICIPANT:
            name = ""
        # The content of a folder was handed in, not the folder.
        files = [(part.place, part.file if export.tree[part.place] is None else "") for part in parts]
        handins.append(export.handin(Person(name=name, user=user), files=files, source=whole(parts[0].place)))
    others = read_rest(export, rest, "moodle")
    return Found(handins=(*handins, *others.handins), said=(*said, *others.said))


def _part(place: str) -> _Part | None:
    if not (match := _ENTRY.fullmatch(place)):
        return None
    return _Part(place, match["name"], match["user"], match["file"] or place, match["what"] == "feedback")


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).casefold()
