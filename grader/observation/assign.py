"""Which network answers which problem: by headings and file names, all of them together; never by a silent guess."""

import re
from collections.abc import Sequence

from grader.core.evidence import ModelFacts
from grader.core.record import Record
from grader.observation.sections import plain_title

_TOKEN = re.compile(r"\d+[a-z](?![a-z0-9])|\d+|[a-z]+\d+[a-z]?(?![a-z0-9])|[a-z]+")
_LETTER = re.compile(r"^(?:problem|question|part|exercise) ([a-z])\b")
_WORDS = frozenset({"problem", "prob", "question", "q", "p", "part", "notebook", "nb", "copy", "of"})


class Target(Record):
    """A problem. `labels` are its names under each naming, in the order of the namings.

    Not `wanted` are problems that no network answers; they are known so that what stands below their headings isn't
    taken for another problem's.
    """

    problem: str
    title: str
    labels: tuple[str, ...]
    wanted: bool = True


class Assignment(Record):
    """The network of one problem, or its candidates and why none was chosen; and the notebooks that belong to it."""

    model: ModelFacts | None = None
    candidates: tuple[ModelFacts, ...] = ()
    why: str = ""
    notebooks: tuple[str, ...] = ()


class Place(Record):
    """A notebook with its headings as (cell, text)."""

    file: str
    headings: tuple[tuple[int, str], ...] = ()


def assign(targets: Sequence[Target], places: Sequence[Place], models: Sequence[ModelFacts]) -> dict[str, Assignment]:
    """For each problem the last network trained in the notebook, or below the heading, that names it.

    Namings that contradict a file name are ruled out; when several remain and disagree, a human is asked.
    """
    namings = _possible_namings(targets, places)
    meant = {(m.notebook, m.cell, i): _problems(m, targets, namings) for i, m in enumerate(models)}
    found: dict[str, list[ModelFacts]] = {target.problem: [] for target in targets}
    unsure: dict[str, list[ModelFacts]] = {target.problem: [] for target in targets}
    unnamed = []
    for (_, _, i), problems in meant.items():
        for problem in problems:
            (found if len(problems) == 1 else unsure)[problem].append(models[i])
        if not problems:
            unnamed.append(models[i])
    wanted = [target for target in targets if target.wanted]
    if len(wanted) == 1 and not found[wanted[0].problem] and len({m.notebook for m in unnamed}) == 1:
        found[wanted[0].problem] = unnamed
    return {
        target.problem: _choose(target, found[target.problem], unsure[target.problem], unnamed).model_copy(
            update={"notebooks": _notebooks(target, places, targets, namings)}
        )
        for target in targets
    }


def labels_in_name(name: str) -> list[str]:
    """Labels such as `3b` or `2` in a file name: `set4_3B.ipynb` and `Problem 3 part B (1).ipynb` both say `3b`."""
    stem = re.sub(r"\(\d+\)|\.\w+$", " ", name.rpartition("/")[2].lower())
    tokens = [t for t in _TOKEN.findall(stem) if t not in _WORDS]
    labels: list[str] = []
    for i, token in enumerate(tokens):
        match = re.fullmatch(r"(?:problem|prob|question|part|q|p)?(\d+)([a-z])?", token)
        if match:
            following = tokens[i + 1] if i + 1 < len(tokens) else ""
            letter = match[2] or (following if len(following) == 1 and following.isalpha() else "")
            labels.append(f"{int(match[1])}{letter}")
    return labels


def _possible_namings(targets: Sequence[Target], places: Sequence[Place]) -> list[int]:
    """The namings under which every label of a file name that any naming knows means something; else the first."""
    count = max((len(target.labels) for target in targets), default=1)
    known = [{target.labels[n].lower() for target in targets if n < len(target.labels)} for n in range(count)]
    every = set().union(*known)
    used = {label for place in places for label in labels_in_name(place.file) if label in every}
    used |= {
        label for place in places for _, text in place.headings for label in labels_in_name(text) if label in every
    }
    possible = [n for n in range(count) if used <= known[n]]
    return possible or [0]


def _means(label: str, targets: Sequence[Target], namings: list[int]) -> set[str]:
    return {t.problem for t in targets for n in namings if n < len(t.labels) and t.labels[n].lower() == label}


def _problems(model: ModelFacts, targets: Sequence[Target], namings: list[int]) -> set[str]:
    """The problems that a model may answer: by the nearest heading that says so, else by its file's name."""
    for i, heading in enumerate(model.headings):
        around = (*model.headings[i + 1 :], model.notebook)
        problems = _named(heading, targets, namings, around)
        if problems:
            return problems
    for label in labels_in_name(model.notebook):
        problems = _means(label, targets, namings)
        if problems:
            return problems
    return set()


def _named(heading: str, targets: Sequence[Target], namings: list[int], around: Sequence[str]) -> set[str]:
    """By its title, which is the same under every naming; else by its label, whose chapter may stand further up."""
    title, labels = plain_title(heading), labels_in_name(heading)
    letter = _LETTER.search(title)
    titled = {
        t.problem: len(t.title)
        for t in targets
        # A bare "The data" above some cells is no problem's heading, unless a network answers that problem.
        if t.title and title.endswith(plain_title(t.title)) and (t.wanted or labels or letter)
    }
    longest = [problem for problem, length in titled.items() if length == max(titled.values())]
    if len(longest) == 1:
        return set(longest)
    if letter and not labels:
        chapters = [label for text in around for label in labels_in_name(text) if label.isdigit()]
        labels = [f"{chapters[0]}{letter[1]}"] if chapters else []
    return _means(labels[0], targets, namings) if labels else set()


def _choose(target: Target, found: list[ModelFacts], unsure: list[ModelFacts], unnamed: list[ModelFacts]) -> Assignment:
    notebooks = {model.notebook for model in found}
    if len(notebooks) == 1:
        return Assignment(model=found[-1])
    if len(notebooks) > 1:
        why = f"Networks for problem {target.problem} stand in several notebooks ({', '.join(sorted(notebooks))})."
        return Assignment(candidates=tuple(found), why=why)
    if unsure:
        why = f"The names of the notebooks leave open which one answers problem {target.problem}."
        return Assignment(candidates=tuple(unsure), why=why)
    if unnamed:
        why = f"No heading or file name says which network answers problem {target.problem}."
        return Assignment(candidates=tuple(unnamed[-12:]), why=why)
    return Assignment(why=f"No trained network was found for problem {target.problem}.")


def _notebooks(
    target: Target, places: Sequence[Place], targets: Sequence[Target], namings: list[int]
) -> tuple[str, ...]:
    """The notebooks whose name or one of whose headings names the problem; the only one where there is one."""
    if len(places) == 1:
        return (places[0].file,)
    return tuple(
        place.file
        for place in places
        if any(target.problem in _means(label, targets, namings) for label in labels_in_name(place.file))
        or any(
            target.problem in _named(text, targets, namings, (*_above(place, cell), place.file))
            for cell, text in place.headings
        )
    )


def _above(place: Place, cell: int) -> list[str]:
    """The headings above a cell, nearest first."""
    return [text for index, text in reversed(place.headings) if index < cell]
