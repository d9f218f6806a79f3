"""Which network answers which problem: by headings and file names, all of them together; never by a silent guess."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from grader.core.decision import Settled
from grader.core.evidence import ModelFacts, NetworkName
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
_MOST_ABOVE = 200


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
    """The network of one problem, or its candidates and why none was chosen; and the notebooks that belong to it.

    `networks` are all that were trained for it, the one chosen among them. Where a person chose, the candidates stay.
    """

    model: ModelFacts | None = None
    networks: tuple[ModelFacts, ...] = ()
    candidates: tuple[ModelFacts, ...] = ()
    why: str = ""
    notebooks: tuple[str, ...] = ()


class Place(Record):
    """A notebook with its headings as (cell, text)."""

    file: str
    headings: tuple[tuple[int, str], ...] = ()


class Owners:
    """The problems that a cell may belong to, by the headings above it (nearest first) or else by its file's name."""

    def __init__(self, targets: Sequence[Target], places: Sequence[Place]) -> None:
        self.targets, self.places = targets, {place.file: place for place in places}
        self.namings = _possible_namings(targets, places)
        self.by_name: dict[str, frozenset[str]] = {}
        self.by_heading: dict[tuple[str, int], frozenset[str]] = {}

    def of(self, file: str, cell: int | None) -> frozenset[str]:
        """Those of a cell; of the last one for None."""
        above = self.places[file].headings if file in self.places else ()
        count = len(above) if cell is None else bisect_right(above, cell, key=_cell)
        for number in range(count - 1, max(-1, count - 1 - _MOST_ABOVE), -1):
            if named := self._named(file, number):
                return named
        if file not in self.by_name:
            found = _first_meaning(labels_in_name(file), self.targets, self.namings)
            self.by_name[file] = frozenset(found)
        return self.by_name[file]

    def _named(self, file: str, number: int) -> frozenset[str]:
        """The problems that one heading names."""
        if (file, number) not in self.by_heading:
            place = self.places[file]
            nearest = [text for _, text in reversed(place.headings[max(0, number - _MOST_ABOVE) : number])]
            found = _named(place.headings[number][1], self.targets, self.namings, nearest, file)
            self.by_heading[file, number] = frozenset(found)
        return self.by_heading[file, number]

    def named_in(self, place: Place) -> frozenset[str]:
        """The problems that the name of a notebook says, or one of its headings."""
        found = {p for label in labels_in_name(place.file) for p in _means(label, self.targets, self.namings)}
        for cell, text in place.headings:
            found |= _named(text, self.targets, self.namings, _above(place, cell), place.file)
        return frozenset(found)


def assign(
    targets: Sequence[Target],
    places: Sequence[Place],
    models: Sequence[ModelFacts],
    owners: Owners | None = None,
    settled: Mapping[str, Settled] = {},
) -> dict[str, Assignment]:
    """For each problem the last network trained in the notebook, or below the heading, that names it.

    Namings that contradict a file name are ruled out; when several remain and disagree, a human is asked. What a person
    `settled`, by problem, goes before all that.
    """
    owners = owners or Owners(targets, places)
    named = {place.file: owners.named_in(place) for place in places} if len(places) > 1 else {}
    found: dict[str, list[ModelFacts]] = {target.problem: [] for target in targets}
    unsure: dict[str, list[ModelFacts]] = {target.problem: [] for target in targets}
    unnamed = []
    for model in models:
        problems = owners.of(model.notebook, model.cell)
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
        if (said := settled.get(target.problem)) and said.network:
            chosen = _as_settled(said.network, chosen, models)
        notebooks = tuple(p.file for p in places if len(places) == 1 or target.problem in named[p.file])
        if chosen.model and chosen.model.notebook not in notebooks:
            notebooks = (*notebooks, chosen.model.notebook)
        assignments[target.problem] = chosen.model_copy(update={"notebooks": notebooks})
    return assignments


@lru_cache(maxsize=4096)
def labels_in_name(name: str) -> list[LabelPath]:
    """The labels in a file name: `set4_3B.ipynb` and `Problem 3 part B (1).ipynb` both say (3, b)."""
    return labels_within(re.sub(r"\(\d+\)|\.\w+$|\d{4}[-_.]?\d{2}[-_.]?\d{2}", " ", name.rpartition("/")[2]).strip())


@lru_cache(maxsize=8192)
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
    known = [{_path(target.labels[n]) for target in targets if n < len(target.labels)} for n in range(count)]
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
    return {t.problem for t in targets for n in namings if n < len(t.labels) and _path(t.labels[n]) == label}


def _first_meaning(labels: Sequence[LabelPath], targets: Sequence[Target], namings: list[int]) -> set[str]:
    return next((problems for label in labels if (problems := _means(label, targets, namings))), set())


def _named(heading: str, targets: Sequence[Target], namings: list[int], above: Sequence[str], file: str) -> set[str]:
    """By its title, which is the same under every naming; else by its label, whose chapter may stand further up."""
    title = _plain(heading)
    titled = {
        target.problem
        for target in targets
        # A bare “The data” above some cells heads no problem, unless a network answers the one of that title.
        if target.title and _is_titled(title, _plain(target.title)) and (target.wanted or title != _plain(target.title))
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


_plain = lru_cache(maxsize=8192)(plain_title)
_path = lru_cache(maxsize=1024)(label_path)


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
        final = _final(found)
        why = f"Of the networks for problem {target.problem} it is not known which was trained for longer."
        if len(final) > 1:
            return Assignment(candidates=final, why=why)
        return Assignment(model=final[0], networks=tuple(found))
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


def _as_settled(name: NetworkName, chosen: Assignment, models: Sequence[ModelFacts]) -> Assignment:
    """The network that a person named; none where no network has that name now: what the machine took isn't theirs."""
    model = next((model for model in models if model.name == name), None)
    if model is None:
        gone = f"A person named a network ({name.variable or 'unnamed'} in {name.notebook}) that isn't found now."
        return Assignment(candidates=chosen.candidates or tuple(models[-12:]), why=gone)
    same = tuple(other for other in chosen.networks if other.notebook == model.notebook)
    return chosen.model_copy(update={"model": model, "networks": same if model in same else (model,), "why": ""})


def _final(found: list[ModelFacts]) -> tuple[ModelFacts, ...]:
    """The last that was trained, but not one of a sweep when another was trained by itself, and for longer.

    Both where it isn't known which was trained for longer.
    """
    trained = Counter(model.cell for model in found)
    alone = [model for model in found if trained[model.cell] == 1]
    swept = [model for model in found if trained[model.cell] > 1]
    last = found[-1]
    if not alone or trained[last.cell] == 1:
        return (last,)
    if any(model.recipe is not None and not model.recipe.epochs_known for model in (alone[-1], *swept)):
        return alone[-1], last
    return (alone[-1],) if _epochs(alone[-1]) > max(map(_epochs, swept)) else (last,)


def _epochs(model: ModelFacts) -> int:
    return model.recipe.epochs if model.recipe else 0


def _cell(heading: tuple[int, str]) -> int:
    return heading[0]


def _above(place: Place, cell: int) -> list[str]:
    """The headings above a cell, nearest first; of many the nearest."""
    count = bisect_left(place.headings, cell, key=_cell)
    return [text for _, text in reversed(place.headings[max(0, count - _MOST_ABOVE) : count])]
