"""From a platform's export to who handed in what: every person has one hand-in, or stands among the missing."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from grader.core.errors import SubmissionError
from grader.core.handin import HandedIn, Handin, Person
from grader.files import GRADEBOOK, OURS, STANDINGS, alike, folder_name
from grader.intake.layouts import PLAIN, layouts
from grader.intake.links import with_links
from grader.intake.recognition import recognised
from grader.intake.roster import Roster, matched, merged, read_roster, shown

_MOST_BYTES = 80  # of a key
_OURS = -1  # in the place of a hand-in that has the key
_FIRST = datetime.min.replace(tzinfo=UTC)


def handed_in(
    path: Path, *, scratch: Path, layout: str | None = None, assignment: str | None = None, roster: Path | None = None
) -> HandedIn:
    """Who handed in what, of a platform's export: a folder or an archive, whatever is wrapped around it.

    Archives are unpacked below `scratch`, where a later run finds them again; folders are read where they are. `layout`
    insists on one, `assignment` chooses one where an export holds several. Raises SubmissionError where no export, or
    more than one, is there, and where the roster can't be read; MachineError where the disk has no room.
    """
    enrolled = read_roster(roster) if roster else None
    try:
        place = recognised(path, layout, scratch)
        found = layouts()[place.layout].read(place.export, assignment)
    except SubmissionError as error:
        raise SubmissionError(error.found, where=_as_given(error.where, path, scratch), hint=error.hint) from error
    handins, doubles = _one_each(found.handins)
    handins = _keyed([with_links(handin) for handin in handins])
    links = [
        f"{handin.key}: {link} stands in the place of a file, and was not opened."
        for handin in handins
        for link in handin.links
    ]
    results = [
        f"{handin.key} holds results of the grader, as it seems: if it is nobody's hand-in, move it elsewhere."
        for handin in handins
        if any(_holds_results(file.path) for file in handin.files)
    ]
    ignored = assignment is not None and not found.assignment
    missing = found.missing
    told: tuple[str, ...] = ()
    if enrolled:
        handins, missing, told = _with_roster(handins, found.missing, enrolled)
    people = sum(len(handin.people) for handin in handins)
    known = "Read by the names of folders and files" if place.layout == PLAIN else f"An export of {place.layout}"
    return HandedIn(
        layout=place.layout,
        handins=tuple(sorted(handins, key=lambda handin: handin.key)),
        missing=missing,
        said=(
            f"{known}: {_counted(len(handins), 'hand-in', 'hand-ins')} of {_counted(people, 'person', 'people')}.",
            *([f"The assignment is {found.assignment}."] if found.assignment else []),
            *(["Such an export holds one assignment: --assignment chose nothing."] if ignored else []),
            *place.said,
            *place.export.said,
            *found.said,
            *doubles,
            *results,
            *links,
            *told,
        ),
    )


def _holds_results(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (GRADEBOOK, STANDINGS))


def _as_given(where: str, path: Path, scratch: Path) -> str:
    """A place among what was unpacked, as one in the archive that was given."""
    if not where.startswith(f"{scratch}/"):
        return where
    return str(path.joinpath(*Path(where).relative_to(scratch).parts[2:]))


def _one_each(handins: Sequence[Handin]) -> tuple[list[Handin], list[str]]:
    """The hand-in of each person that counts: the last, where somebody has several."""
    of: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, handin in enumerate(handins):
        for person in handin.people:
            if number not in of[_identity(person, number)]:
                of[_identity(person, number)].append(number)
    said = _sharing(handins)
    counts: dict[tuple[str, ...], int] = {}
    doubts: dict[int, dict[str, str]] = defaultdict(dict)
    for identity, numbers in of.items():
        *others, last = sorted(numbers, key=lambda number: (_when(handins[number]), handins[number].source))
        counts[identity] = last
        for other in others:
            who = next(shown(p) for p in handins[last].people if _identity(p, last) == identity)
            said.append(
                f"{who} handed in more than once: {handins[last].source} counts, and not {handins[other].source}."
            )
            if _when(handins[other]) == _when(handins[last]):
                doubts[last][handins[other].source] = "is of the same person, and which one was last isn't known"
    kept = []
    for number, handin in enumerate(handins):
        people = tuple(dict.fromkeys(person for person in handin.people if counts[_identity(person, number)] == number))
        if people:
            kept.append(handin.model_copy(update={"people": people, "unread": handin.unread | doubts[number]}))
    return kept, said


def _sharing(handins: Sequence[Handin]) -> list[str]:
    """Who has another's number and not the name: two people, or one who is written in two ways."""
    by_number: dict[tuple[str, ...], dict[str, Person]] = defaultdict(dict)
    for person in (person for handin in handins for person in handin.people if any(_numbers(person))):
        by_number[_numbers(person)].setdefault(alike(person.name), person)
    return [
        f"{' and '.join(sorted(map(shown, people.values())))} share a number, and are kept apart."
        for people in by_number.values()
        if len(people) > 1
    ]


def _identity(person: Person, number: int) -> tuple[str, ...]:
    """What tells people apart: those who have a name alone are one in one hand-in only."""
    known = _numbers(person)
    return (*known, alike(person.name)) if any(known) else (str(number), person.name)


def _numbers(person: Person) -> tuple[str, ...]:
    return tuple(alike(field.strip()) for field in (person.id, person.email, person.user))


def _when(handin: Handin) -> tuple[datetime, int]:
    return handin.at or _FIRST, handin.attempt or 0


def _keyed(handins: Sequence[Handin]) -> list[Handin]:
    """Each with a key: the names of its people, what tells them apart where these are taken, and at last a digest.

    It follows from the hand-ins, in whatever order they are.
    """
    names = [_names(handin) for handin in handins]
    level = [0] * len(handins)
    while True:
        keys = [names[number][level[number]] for number in range(len(handins))]
        owners: dict[str, list[int]] = defaultdict(list, {alike(name): [_OURS] for name in OURS})
        for number, key in enumerate(keys):
            owners[alike(key)].append(number)
        clashing = [number for several in owners.values() if len(several) > 1 for number in several if number != _OURS]
        clash = [number for number in clashing if level[number] < len(names[number]) - 1]
        if not clash:
            return [handin.model_copy(update={"key": key}) for handin, key in zip(handins, keys, strict=True)]
        for number in clash:
            level[number] += 1


def _names(handin: Handin) -> list[str]:
    """What a hand-in may be called, the plainest first."""
    people = sorted(handin.people, key=lambda person: (alike(_called(person)), person.id, person.email, person.user))
    called = [_called(person) for person in people]
    more = [f"{len(called) - 3}_more"] if len(called) > 3 else []
    plain = folder_name("+".join([*called[:3], *more]), _MOST_BYTES)
    ids = [_number(person) for person in people]
    numbered = folder_name("-".join(filter(None, [plain, *ids[:3]])), _MOST_BYTES + 40)
    told = "\n".join([handin.source, *(person.model_dump_json() for person in people)])
    return [plain, numbered, f"{plain}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"]


def _called(person: Person) -> str:
    return person.name or person.user or person.id or person.email


def _number(person: Person) -> str:
    return person.user or person.id or person.email


def _with_roster(
    handins: Sequence[Handin], missing: Sequence[Person], roster: Roster
) -> tuple[list[Handin], tuple[Person, ...], tuple[str, ...]]:
    """The hand-ins with what the roster knows of their people, those who are missing, and what is said of both."""
    people = [person for handin in handins for person in handin.people]
    found = matched([*people, *missing], roster)
    known = [
        merged(person, roster.rows[found.rows[number]]) if number in found.rows else person
        for number, person in enumerate([*people, *missing])
    ]
    left = iter(known)
    named = [handin.model_copy(update={"people": tuple(next(left) for _ in handin.people)}) for handin in handins]
    matched_rows = set(found.rows.values())
    absent = [row.person for number, row in enumerate(roster.rows) if row.student and number not in matched_rows]
    strangers = [shown(person) for number, person in enumerate(people) if number not in found.rows]
    said = [f"{who} stands on no roster, and is kept." for who in strangers]
    return named, (*left, *absent), (*roster.said, *found.said, *said)


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
