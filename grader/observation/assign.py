"""Which network answers which problem: by headings and file names, all of them together; never by a silent guess."""

import re
from collections.abc import Sequence

from grader.core.evidence import ModelFacts
from grader.core.record import Record
from grader.observation.labels import (
    Label,
    LabelPath,
    is_label,
    label_path,
    labels_within,
    plain_title,
    read_labels,
)

# Words that may stand before a label in a heading that names a problem; "comparison with 3B" names another one.
_OPENING = re.compile(r"(?:(?:code|model|network|notebook|training)\s+){0,3}(?=\w)", re.IGNORECASE)
_CLOSED = " \t.:)]*_-–—(["


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
    found: dict[str, list[ModelFacts]] = {target.problem: [] for target in targets}
    unsure: dict[str, list[ModelFacts]] = {target.problem: [] for target in targets}
    unnamed = []
    for model in models:
        problems = _meant(model.headings, model.notebook, targets, namings)
        for problem in problems:
            (found if len(problems) == 1 else unsure)[problem].append(model)
        if not problems:
            unnamed.append(model)
    wanted = [target for target in targets if target.wanted]
    if len(wanted) == 1 and not found[wanted[0].problem] and len({m.notebook for m in unnamed}) == 1:
        found[wanted[0].problem] = unnamed
    assignments = {}
    for target in targets:
        chosen = _choose(target, found[target.problem], unsure[target.problem], unnamed)
        notebooks = _notebooks(target, places, targets, namings)
        if chosen.model and chosen.model.notebook not in notebooks:
            notebooks = (*notebooks, chosen.model.notebook)
        assignments[target.problem] = chosen.model_copy(update={"notebooks": notebooks})
    return assignments


def owners(targets: Sequence[Target], places: Sequence[Place], file: str, headings: Sequence[str]) -> frozenset[str]:
    """The problems that a cell may belong to, by the headings above it (nearest first) or else by its file's name."""
    return frozenset(_meant(headings, file, targets, _possible_namings(targets, places)))


def labels_in_name(name: str) -> list[LabelPath]:
    """The labels in a file name: `set4_3B.ipynb` and `Problem 3 part B (1).ipynb` both say (3, b)."""
    return labels_within(re.sub(r"\(\d+\)|\.\w+$|\d{4}[-_.]?\d{2}[-_.]?\d{2}", " ", name.rpartition("/")[2]).strip())


def _labels_in_heading(heading: str) -> list[Label]:
    """The labels at the beginning of a heading: `Problem 3B`, `Set 4, 3 B: ...`; none in `A second time`."""
    text = heading[_opening(heading) :]
    return [label for label in read_labels(text) if label.word or label.parts[0].isdecimal() or _is_closed(text, label)]


def _opening(heading: str) -> int:
    found = _OPENING.match(heading)
    return found.end() if found else 0


def _is_closed(text: str, label: Label) -> bool:
    """Whether a mark or nothing follows the label."""
    rest = text[label.end :]
    return not rest or rest[0] in _CLOSED.strip()


def _possible_namings(targets: Sequence[Target], places: Sequence[Place]) -> list[int]:
    """The namings under which every label that any naming knows means something; all of them where none fits."""
    count = max((len(target.labels) for target in targets), default=1)
    known = [{label_path(target.labels[n]) for target in targets if n < len(target.labels)} for n in range(count)]
    every = set().union(*known)
    used = {label for place in places for label in labels_in_name(place.file) if label in every}
    for place in places:
        for cell, text in place.headings:
            for label in _labels_in_heading(text):
                paths = {label.parts, *_with_chapter(label, _above(place, cell), place.file)}
                used |= paths & every
    possible = [n for n in range(count) if used <= known[n]]
    return possible or list(range(count))


def _means(label: LabelPath, targets: Sequence[Target], namings: list[int]) -> set[str]:
    return {t.problem for t in targets for n in namings if n < len(t.labels) and label_path(t.labels[n]) == label}


def _meant(headings: Sequence[str], file: str, targets: Sequence[Target], namings: list[int]) -> set[str]:
    """By the nearest heading that says so, else by the file's name."""
    for i, heading in enumerate(headings):
        problems = _named(heading, targets, namings, headings[i + 1 :], file)
        if problems:
            return problems
    return _first_meaning(labels_in_name(file), targets, namings)


def _first_meaning(labels: Sequence[LabelPath], targets: Sequence[Target], namings: list[int]) -> set[str]:
    return next((problems for label in labels if (problems := _means(label, targets, namings))), set())


def _named(heading: str, targets: Sequence[Target], namings: list[int], above: Sequence[str], file: str) -> set[str]:
    """By its title, which is the same under every naming; else by its label, whose chapter may stand further up."""
    title = plain_title(heading)
    titled = {
        target.problem
        for target in targets
        # A bare “The data” above some cells heads no problem, unless a network answers the one of that title.
        if target.title
        and _is_titled(title, plain_title(target.title))
        and (target.wanted or title != plain_title(target.title))
    }
    if len(titled) == 1:
        return titled
    labels = _labels_in_heading(heading)
    whole = _first_meaning([label.parts for label in labels], targets, namings)
    if whole or not labels or labels[-1].parts[0].isdecimal():
        return whole
    return set().union(*(_means(label, targets, namings) for label in _with_chapter(labels[0], above, file)))


def _with_chapter(label: Label, above: Sequence[str], file: str) -> list[LabelPath]:
    """The paths that the chapters it may belong to make of a label such as `Problem B`."""
    return [(*chapter, *label.parts) for chapter in _chapters(above, file)]


def _is_titled(heading: str, title: str) -> bool:
    """The title, alone or behind a label: `2-Layer Linear Neural Network` isn't `Linear Neural Network`."""
    before = heading.removesuffix(title)
    return heading == title or (before.endswith(" ") and is_label(before))


def _chapters(above: Sequence[str], file: str) -> list[LabelPath]:
    """The chapter that the headings above, nearest first, or the file name speak of; several where it's not clear."""
    numbered = [
        label
        for text in above
        if (labels := _labels_in_heading(text)) and (label := labels[-1]).parts[0].isdecimal() and len(labels) == 1
    ]
    explicit = [label.parts for label in numbered if label.word]
    return (
        explicit[:1] or [label.parts for label in numbered] or [path for path in labels_in_name(file) if len(path) == 1]
    )


def _choose(target: Target, found: list[ModelFacts], unsure: list[ModelFacts], unnamed: list[ModelFacts]) -> Assignment:
    notebooks = {model.notebook for model in found}
    if len(notebooks) == 1:
        return Assignment(model=_final(found))
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


def _final(found: list[ModelFacts]) -> ModelFacts:
    """The last that was trained, but not one of a sweep when another was trained by itself, and for longer."""
    cells = [model.cell for model in found]
    alone = [model for model in found if cells.count(model.cell) == 1]
    last = found[-1]
    if alone and last not in alone and _epochs(alone[-1]) > max(_epochs(m) for m in found if m not in alone):
        return alone[-1]
    return last


def _epochs(model: ModelFacts) -> int:
    return model.recipe.epochs if model.recipe else 0


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
            target.problem in _named(text, targets, namings, _above(place, cell), place.file)
            for cell, text in place.headings
        )
    )


def _above(place: Place, cell: int) -> list[str]:
    """The headings above a cell, nearest first."""
    return [text for index, text in reversed(place.headings) if index < cell]
