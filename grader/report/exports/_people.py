"""Who of the class is who in a platform's file: by what is certain, never by a guess."""

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple
from unicodedata import category, normalize

from grader.core.handin import Person
from grader.core.standing import Standing
from grader.report._text import one_line
from grader.report.exports._results import called, listed

_NUMBERING = ("canvas", "gradescope", "moodle")  # in exports of these, a user is a number of the platform's own


class Row(NamedTuple):
    """A person as a file tells: `number` is the platform's own, `ids` and `logins` are the institution's.

    `locked` says why the cell of this row isn't to be changed.
    """

    place: int
    name: str = ""
    number: str = ""
    ids: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    email: str = ""
    locked: str = ""


class Matched(NamedTuple):
    """The row of each standing, by the standing's place, and what is said of the others."""

    rows: dict[int, Row]
    said: list[str]


def alike(text: str) -> str:
    """Text without what makes no difference: capitals, ways to write a letter, spaces and marks that nobody sees."""
    seen = "".join(letter for letter in normalize("NFKC", text) if category(letter) != "Cf")
    return " ".join(normalize("NFKC", seen.casefold()).split())


def match(standings: Sequence[Standing], rows: Sequence[Row], platform: str, layout: str) -> Matched:
    """Which row of a file of this platform is whose, in a class that was handed in by this layout.

    Numbers, ids, logins and emails decide; where no row has one of them, a name does that nobody shares and that
    nothing speaks against. Rows that several people claim are nobody's. A platform numbers its own people: its number
    means another one's on another platform, unless the name is the same.
    """
    numbered = layout.startswith(_NUMBERING)
    trusted = {"number": layout.startswith(platform), "login": not numbered}
    by_key: defaultdict[Hashable, list[Row]] = defaultdict(list)
    by_name: defaultdict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        for key in _keys_of_row(row):
            by_key[key].append(row)
        by_name[_name(row.name)].append(row)
    namesakes: defaultdict[Hashable, int] = defaultdict(int)
    for standing in standings:
        namesakes[_name(standing.person.name)] += 1

    claims: defaultdict[Row, list[int]] = defaultdict(list)
    nowhere, unclear, otherwise = [], [], []
    for place, standing in enumerate(standings):
        person, who = standing.person, called(standing.person, standing.key)
        found = {row.place: row for key in _keys(person) for row in by_key[key] if _believed(key, person, row, trusted)}
        if len(found) > 1:
            unclear.append(f"{who} (is in {len(found)} rows)")
        elif found:
            (row,) = found.values()
            claims[row].append(place)
            if person.name and row.name and not _share_a_name(person.name, row.name):
                otherwise.append(f"{who} is “{one_line(row.name)}” there")
            elif _against(person, row) == "id":
                otherwise.append(f"{who} has the id “{one_line(' '.join(row.ids).strip())}” there")
        else:
            named = by_name[_name(person.name)] if _name(person.name) else []
            against = [why for row in named if (why := _against(person, row))]
            if not named:
                nowhere.append(who)
            elif len(named) > 1 or namesakes[_name(person.name)] > 1:
                unclear.append(f"{who} (the name stands for several people)")
            elif against:
                unclear.append(f"{who} (the name is there, but with another {against[0]})")
            else:
                claims[named[0]].append(place)
    for claimed in claims.values():
        if len(claimed) > 1:
            whose = " and ".join(called(standings[place].person, standings[place].key) for place in claimed)
            unclear.append(f"{whose} (both fit one row)")
    strangers = [
        one_line(row.name or row.email or " ".join(row.ids) or row.number) for row in rows if row not in claims
    ]
    return Matched(
        {claimed[0]: row for row, claimed in claims.items() if len(claimed) == 1},
        [
            *listed("Not told apart in the given file, so that nothing is filled in", unclear),
            *listed("Not in the given file", nowhere),
            *listed("In the given file, but not recognised in the class", strangers),
            *listed("Recognised, though something differs; look whether this is right", otherwise),
        ],
    )


def _keys_of_row(row: Row) -> set[tuple[str, str]]:
    keys = {("number", row.number), *(("email", text) for text in (row.email, *row.logins) if "@" in text)}
    keys |= {(kind, text) for kind in ("id", "login") for text in (*row.ids, *row.logins)}
    return {(kind, alike(text)) for kind, text in keys if alike(text)}


def _keys(person: Person) -> list[tuple[str, str]]:
    keys = [("id", person.id), ("login", person.user), ("number", person.user)]
    keys += [("email", text) for text in (person.email, person.id, person.user) if "@" in text]
    return [(kind, alike(text)) for kind, text in keys if alike(text)]


def _believed(key: tuple[str, str], person: Person, row: Row, trusted: Mapping[str, bool]) -> bool:
    kind, text = key
    certain = kind in ("id", "email") or trusted[kind] or (kind == "login" and not text.isdecimal())
    return certain or _name(person.name) == _name(row.name) != ()


def _against(person: Person, row: Row) -> str:
    """What shows that this is somebody else of the same name."""
    ids = {alike(text) for text in (*row.ids, *row.logins) if text.strip()} if "".join(row.ids).strip() else set()
    emails = {alike(text) for text in (row.email, *row.logins) if "@" in text}
    if person.id.strip() and ids and alike(person.id).lstrip("0") not in {text.lstrip("0") for text in ids}:
        return "id"
    return "email" if person.email.strip() and emails else ""


def _name(name: str) -> tuple[str, ...]:
    """The words of a name in any order: some write the family's first, with a comma or without."""
    return tuple(sorted(re.findall(r"[^\s,;]+", alike(name))))


def _share_a_name(one: str, other: str) -> bool:
    """Whether a word of the one stands in the other; Canvas writes names of files without spaces."""
    joined = ["".join(_name(one)), "".join(_name(other))]
    return any(word in joined[1] for word in _name(one)) or any(word in joined[0] for word in _name(other))
