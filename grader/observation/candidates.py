"""What each line of a document may open, and how much speaks for it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.observation.front_matter import could_hold_an_answer
from grader.observation.labels import (
    Label,
    LabelPath,
    Labels,
    as_numbers,
    has_points,
    label_behind,
    plain_title,
    read_labels,
    read_names,
    without_points,
)
from grader.observation.pieces import BOLD, BOLD_BEGINNING, ITEM, PLAIN, QUOTED, Piece, blocks_of

# Costs are in nats, as logarithms of odds: 3 is “twenty to one”.
_BY_RANK = {BOLD: 2.5, BOLD_BEGINNING: 1.5, ITEM: -0.5, PLAIN: 0.0, QUOTED: -1.0}
_NAMING = ("task", "letter")
_HEADING = 3.0
_PROMINENT = 3.0
_SPEECH = -8.0
_COMPLETE = 1.5
_RATHER_WHOLE = 2.0
_OTHER_NUMBERS = 1.5
_BY_WORD = {"task": 2.0, "letter": 1.5, "part": 1.5, "": 0.0}
_SEPARATED = re.compile(r"\s*[*_}]{0,3}\s*(?:[.:)\]\[(–—|,}]|-\s|$)")
_CLOSED = " \t.:)]}*_-–—|\xa0"
_BACK_MATTER = re.compile(
    r"(?:appendix|appendices|references|bibliography|acknowledge?ments?|source code|code listing|anhang)\b"
)
_COUNTED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}\.?[ \t\xa0]{1,9}(?=\S)")
_LEADERS = re.compile(r"(?:\.\s?){3,200}\s*\d{1,4}\s*$")
_SENTENCE = re.compile(r"[.!?;,]\s*$")
_MOST_ENDINGS = 12


class Target(NamedTuple):
    """What a line may open: a problem, or (without one) a chapter or part that holds several.

    `position` is a problem's place in the rubric, a chapter's that before its first problem; `first` tells the first
    problem of its chapter.
    """

    path: LabelPath
    problem: str
    position: int
    first: bool = False


class Meaning(NamedTuple):
    """One thing that a line may open, at what cost.

    It needs the place to be below `needs`; its text begins at `end` of the line. A `part` of a problem, such as 1(a)
    of problem 1, opens nothing where its problem is open already.
    """

    target: int
    cost: float = 0.0
    needs: LabelPath = ()
    end: int = 0
    solution: bool = False
    part: bool = False


class Candidate(NamedTuple):
    """A line that may be a heading: its number among the pieces, what passing it over costs, what it may open."""

    number: int
    ignored: float
    meanings: tuple[Meaning, ...]


class _Style(NamedTuple):
    """How a label is written: how it stands out, with a word or without, of how many parts, as a solution."""

    rank: int
    word: str = ""
    parts: int = 0
    solution: bool = False


class _Draft(NamedTuple):
    number: int
    style: _Style
    parts: LabelPath
    score: float
    meanings: tuple[Meaning, ...]
    foreign: bool


OUTSIDE = 0


class Outline:
    """An assignment's problems as targets: `targets[OUTSIDE]` is what belongs to none."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        problems = list(dict.fromkeys(labels.problems.values()))
        paths = [labels.path_of[problem] for problem in problems]
        self.count = len(problems)
        self.targets = [Target((), "", -1)]
        seen: set[LabelPath] = set()
        for position, (problem, path) in enumerate(zip(problems, paths, strict=True)):
            self.targets.append(Target(path, problem, position, len(path) > 1 and path[:-1] not in seen))
            seen.add(path[:-1])
        self.of_problem = {target.problem: number for number, target in enumerate(self.targets) if target.problem}
        self.of_group: dict[LabelPath, int] = {}
        for group in dict.fromkeys(labels.groups.values()):
            inside = [position for position, path in enumerate(paths) if path[: len(group)] == group]
            self.of_group[group] = len(self.targets)
            self.targets.append(Target(group, "", (inside[0] if inside else 0) - 1))
        self.only = {
            group: named[0]
            for group in self.of_group
            if len(named := [p for p, path in zip(problems, paths, strict=True) if path[: len(group)] == group]) == 1
        }
        self.below = Counter(target.path[:-1] for target in self.targets if target.path)
        self.endings: dict[LabelPath, list[int]] = defaultdict(list)
        for number, target in enumerate(self.targets):
            for size in range(1, len(target.path)):
                for ending in dict.fromkeys((target.path[size:], as_numbers(target.path[size:]))):
                    self.endings[ending].append(number)

    def named(self, path: LabelPath) -> int | None:
        """The target that a whole path means."""
        problem = self.labels.meaning(path)
        if problem:
            return self.of_problem[problem]
        group = self.labels.groups.get(path) or self.labels.groups.get(as_numbers(path))
        return self.of_group.get(group) if group else None

    def titled(self, title: str) -> int | None:
        """The target of this title."""
        if title in self.labels.titles:
            return self.of_problem[self.labels.titles[title]]
        if title in self.labels.chapters:
            return self.named_group(self.labels.chapters[title])
        return None

    def named_group(self, name: str) -> int | None:
        """The chapter of this id, or its only problem."""
        read = next(iter(read_labels(name)), None)
        return self.named(read.parts) if read else None

    def title_of(self, target: int) -> str:
        """The title of a problem, empty for none."""
        problem = self.targets[target].problem
        return next((title for title, named in self.labels.titles.items() if named == problem), "") if problem else ""


def find_candidates(pieces: Sequence[Piece], outline: Outline, most: int) -> list[Candidate]:
    """The lines that may be headings, at most so many."""
    drafts: list[_Draft] = []
    strongest = 99
    ranks: dict[LabelPath, int] = {}
    for number, piece in enumerate(pieces):
        draft = _draft(number, piece, outline, strongest) if piece.text.strip() else None
        if draft:
            draft = draft._replace(meanings=tuple(_by_rank(m, piece.rank, ranks, outline) for m in draft.meanings))
            drafts.append(draft)
            for meaning in draft.meanings[: draft.score >= _HEADING and not draft.meanings[0].needs]:
                path = outline.targets[meaning.target].path
                ranks[path] = ranks[(*path[:-1], "*")] = piece.rank
            if draft.score >= _HEADING and not draft.foreign:
                strongest = min(piece.rank, strongest) if strongest == 99 else piece.rank
            if len(drafts) == most:
                break
    bonus = _systems(drafts, pieces, outline)
    return [_candidate(draft, bonus[draft.style]) for draft in drafts]


def _by_rank(meaning: Meaning, rank: int, ranks: Mapping[LabelPath, int], outline: Outline) -> Meaning:
    """What stands out as much as its chapter's heading, or more than those beside it, doesn't stand below it."""
    if not meaning.needs or rank > BOLD:
        return meaning
    path = outline.targets[meaning.target].path
    beside = ranks.get((*path[:-1], "*"), rank)
    if rank <= ranks.get(meaning.needs, 0) or rank < beside <= BOLD:
        return meaning._replace(cost=meaning.cost + _PROMINENT)
    return meaning._replace(cost=meaning.cost + _PROMINENT / 2) if beside < rank else meaning


def _candidate(draft: _Draft, bonus: float) -> Candidate:
    score = draft.score + (0 if draft.foreign else bonus)
    cost = max(0.0, -score)
    return Candidate(
        draft.number,
        max(0.0, score),
        tuple(meaning._replace(cost=meaning.cost + cost) for meaning in draft.meanings),
    )


def _systems(drafts: Sequence[_Draft], pieces: Sequence[Piece], outline: Outline) -> Mapping[_Style, float]:
    """For each style of labels what speaks for it: that its labels go through the assignment in turn.

    Where two styles name the same problems, the one that stands out less numbers steps within the answers.
    """
    styles: dict[_Style, list[_Draft]] = defaultdict(list)
    for draft in drafts:
        styles[draft.style].append(draft)
    named = {style: frozenset(_named(members, outline)) for style, members in styles.items()}
    strength = {style: sum(draft.score for draft in members) / len(members) for style, members in styles.items()}
    bonus = {}
    for style, members in styles.items():
        pairs = list(zip(members, members[1:], strict=False))
        pure = sum(_in_turn(a, b) for a, b in pairs) / len(pairs) if pairs else 1.0
        bare = 0.0 if style.word or style.solution else 0.5 if style.rank < BOLD else 1.0
        bonus[style] = 3 * pure * _coverage(members, outline) - bare
        if _is_complete(members, outline) and not could_hold_an_answer(blocks_of(pieces[: members[0].number])):
            bonus[style] += _COMPLETE
        for other, before in styles.items():
            common = sum(any(meaning.target in named[other] for meaning in member.meanings) for member in members)
            if (
                not style.solution
                and strength[other] > strength[style]
                and before[0].number < members[0].number
                and (len(before) > 1 or (style.rank > BOLD and not style.word))
                and 2 * common >= len(members)
            ):
                bonus[style] = -2.5
    return bonus


def _is_complete(members: Sequence[_Draft], outline: Outline) -> bool:
    """Whether these are the labels of all problems, each once and in order, as in a list of answers."""
    meant = [member.meanings[0].target for member in members]
    return len(meant) > 1 and meant == list(outline.of_problem.values())


def _named(members: Sequence[_Draft], outline: Outline) -> Iterator[int]:
    """The problems that these labels may mean."""
    for member in members:
        exact = [meaning.target for meaning in member.meanings if not meaning.needs]
        for target in exact or [meaning.target for meaning in member.meanings]:
            if outline.targets[target].problem:
                yield target


def _coverage(members: Sequence[_Draft], outline: Outline) -> float:
    """How many of the problems that there are, or of those below one chapter, these labels reach and don't exceed."""
    targets = {m.target for member in members for m in member.meanings if not m.needs} - {OUTSIDE}
    problems = {target for target in targets if outline.targets[target].problem}
    groups = len(targets) - len(problems)
    ends = len({member.parts for member in members if any(meaning.needs for meaning in member.meanings)})
    chapters = {meaning.needs for member in members for meaning in member.meanings if meaning.needs}
    below = [outline.below[chapter] for chapter in chapters if outline.below[chapter]]
    return max(
        len(problems) / max(outline.count, 1),
        min(1.0, groups / max(outline.below[()], 1)) if not below else 0.0,
        max((min(ends / size, size / ends) for size in below), default=0.0) if ends else 0.0,
    )


def _in_turn(a: _Draft, b: _Draft) -> bool:
    """Whether one label may follow the other: the next one, the same again, or a first one."""
    last, first = as_numbers(a.parts)[-1:], as_numbers(b.parts)[-1:]
    if not last or not first:
        return True
    if a.parts == b.parts:
        return bool(a.style.word) or a.style.solution or a.style.rank < BOLD
    if first[0] in ("1", "a"):
        return True
    if a.parts[:-1] != b.parts[:-1]:
        return a.parts < b.parts
    before, now = a.parts[-1], b.parts[-1]
    return _follows(before, now) or _follows(last[0], first[0])


def _follows(before: str, now: str) -> bool:
    if before.isdecimal() and now.isdecimal():
        return int(now) - int(before) in (1, 2)
    return len(before) == len(now) == 1 and ord(now) - ord(before) in (1, 2)


def _draft(number: int, piece: Piece, outline: Outline, strongest: int) -> _Draft | None:
    own = _labelled(number, piece, outline, strongest)
    counted = _COUNTED.match(piece.text) if piece.rank <= BOLD else None
    return _behind_number(own, number, piece, counted.end(), outline, strongest) if counted else own


def _behind_number(
    own: _Draft | None, number: int, piece: Piece, start: int, outline: Outline, strongest: int
) -> _Draft | None:
    """A heading with a number that a program has counted, and its label or title behind: `2.1 Problem A`."""
    joined = next(iter(read_labels(piece.text)), None)
    if joined and joined.end > start and outline.named(joined.parts) is not None:
        return own
    rest = piece.text[start:]
    written = _labelled(number, piece._replace(text=rest), outline, strongest)
    if not written or written.foreign:
        return own
    label = next(iter(read_labels(rest)), None)
    titles = {outline.titled(plain_title(title)) for title in (rest, rest[label.end :] if label else "")} - {None}
    titled = any(meaning.target in titles for meaning in written.meanings)
    if not (titled or (label and label.word)):
        return own
    meanings = tuple(meaning._replace(end=meaning.end + start) for meaning in written.meanings)
    if own and not own.foreign:
        targets = {meaning.target for meaning in own.meanings if not meaning.needs}
        exact = any(outline.targets[target].problem for target in targets)
        if targets & {meaning.target for meaning in meanings} or (exact and not titled):
            return own
        meanings += tuple(meaning._replace(cost=meaning.cost + _OTHER_NUMBERS) for meaning in own.meanings)
    return written._replace(meanings=meanings)


def _labelled(number: int, piece: Piece, outline: Outline, strongest: int) -> _Draft | None:
    text = piece.text
    if text.lstrip().startswith("|") or _LEADERS.search(text[:400]):
        return None
    style = _BY_RANK.get(piece.rank, _HEADING)
    titled = _titled(number, piece, outline, style)
    if titled and (not titled.parts or not any(label.word for label in read_labels(text))):
        return titled
    for label in (*read_names(text, outline.labels), *read_labels(text)):
        meanings = tuple(_meanings(label, outline, piece.rank <= BOLD))
        if meanings or _is_foreign(label, piece, strongest):
            score = style + _score(label, piece, meanings, outline)
            kind = _Style(
                piece.rank,
                "task" if label.word in _NAMING else label.word,
                0 if label.word in _NAMING else len(label.parts),
                label.solution,
            )
            known = outline.titled(plain_title(text[label.end : 400]))
            meanings = tuple(m for m in meanings if m.target == known) or meanings
            if not meanings:
                return _Draft(number, kind, label.parts, score, (Meaning(OUTSIDE, end=0),), foreign=True)
            other = titled.meanings if titled and titled.meanings[0].target != meanings[0].target else ()
            return _Draft(number, kind, label.parts, score, (*meanings, *other), foreign=False)
    if titled:
        return titled
    if piece.rank <= min(strongest, BOLD) and _BACK_MATTER.match(plain_title(text)):
        return _Draft(number, _Style(piece.rank), (), 4.0, (Meaning(OUTSIDE),), foreign=True)
    return None


def _titled(number: int, piece: Piece, outline: Outline, style: float) -> _Draft | None:
    """A title alone, or a title with its label behind."""
    text = piece.text
    if len(text) > 400 or not (piece.rank <= BOLD_BEGINNING or piece.of == 1 or has_points(text)):
        return None
    kind = _Style(piece.rank)
    target = outline.titled(plain_title(text))
    if target is not None:
        score = style + (3.0 if piece.rank <= BOLD else -0.5) + (4.0 if has_points(text) else 0)
        meaning = Meaning(target, end=len(text))
        return _Draft(number, kind, (), score, (meaning,), foreign=False)
    behind = label_behind(text)
    if behind:
        title, label = behind
        named = outline.named(label.parts)
        titled = outline.titled(plain_title(title)) == named
        short = len(title.split()) <= 6 and piece.rank <= BOLD
        if named is not None and (titled or short):
            return _Draft(number, kind, label.parts, style + 2, (Meaning(named, end=len(text)),), foreign=False)
    return None


def _meanings(label: Label, outline: Outline, marked: bool) -> Iterator[Meaning]:
    """What a label may mean: a whole path, the end of one below some chapter, a part of a problem."""
    found = outline.named(label.assignment + label.parts) if label.assignment else None
    found = outline.named(label.parts) if found is None else found
    if found is not None:
        target = outline.targets[found]
        # A chapter needs its title or a mark: a bare number is more often something else.
        bare = 1.0 if not (target.problem or label.word or marked) else 0.0
        bare += 0.0 if target.path == label.parts or label.word else _OTHER_NUMBERS
        yield Meaning(found, bare, end=label.end, solution=label.solution)
    endings = outline.endings.get(label.parts) or outline.endings.get(as_numbers(label.parts)) or []
    # A label that is a whole one is rarely meant as the end of another.
    cost = _RATHER_WHOLE if found is not None and (label.word or len(label.parts) > 1) else 0.0
    for number in endings[:_MOST_ENDINGS]:
        path = outline.targets[number].path
        other = _OTHER_NUMBERS if path[-len(label.parts) :] != label.parts else 0.0
        yield Meaning(
            number, cost + other, needs=path[: len(path) - len(label.parts)], end=label.end, solution=label.solution
        )
    if found is None and not endings:
        for size in range(len(label.parts) - 1, 0, -1):
            whole = outline.named(label.parts[:size])
            if whole is not None and outline.targets[whole].problem:
                yield Meaning(whole, part=True, solution=label.solution)
                return


def _is_foreign(label: Label, piece: Piece, strongest: int) -> bool:
    """Whether a label that means nothing here ends what stands before: another problem, another chapter."""
    if piece.rank > min(strongest, BOLD):
        return False
    return label.word in _NAMING or label.parts[0].isdecimal()


def _score(label: Label, piece: Piece, meanings: tuple[Meaning, ...], outline: Outline) -> float:
    """What speaks for a heading in the label and behind it."""
    rest = piece.text[label.end : 400]
    behind = without_points(rest).strip(_CLOSED)
    marked = piece.rank <= BOLD
    score = _BY_WORD[label.word] + (1.5 if label.solution else 0) + (2.5 if has_points(rest) else 0)
    mixed = any(part.isdecimal() for part in label.parts) and any(part.isalpha() for part in label.parts)
    bare = not label.word and not label.solution
    score += 1.5 if mixed and bare else 0.5 if len(label.parts) > 1 else 0
    if bare and not mixed:
        score -= 1.5 if len(label.parts) == 1 else 0.0
    if bare and not marked and any(meaning.part for meaning in meanings) and rest[:1] not in ").:":
        score -= 5.0
    if bare and not marked and not behind and label.parts[-1].isdecimal() and not rest.strip() and not piece.mark:
        score -= 4.0  # a number alone is an answer
    separated = _SEPARATED.match(rest) is not None or (bare and piece.text[label.end - 1] == ")")
    separated = separated or (not bare and 0 < len(piece.mark.rstrip()) <= label.end)  # \item[Problem 1]
    if bare and behind[:1].isdecimal() and not separated and piece.rank > BOLD_BEGINNING:
        score -= 4.0  # a row of numbers
    if not behind:
        return score + 1.5 + (0.5 if piece.of == 1 else 0)
    title = plain_title(rest)
    own = [outline.title_of(meaning.target) for meaning in meanings]
    chapter = outline.titled(title)
    if chapter is not None and any(meaning.target == chapter for meaning in meanings):
        return score + 4
    if any(known and (title == known or title.startswith(f"{known} ")) for known in own):
        return score + 3
    return score + (_separated(label, rest, behind, marked) if separated else _glued(rest, piece.rank))


def _separated(label: Label, rest: str, behind: str, marked: bool) -> float:
    mark = rest.lstrip(" \t*_}")[:1]
    if mark == ",":
        return 0.0 if marked else _SPEECH if behind.strip(", ")[:1].islower() else -3.0
    score = 1.2 if mark in ":–—" else 0.7
    spoken = behind[:1].islower() and not marked
    if spoken and not label.word and not label.solution and mark != ":":
        score -= 2.0
    if not label.word and not label.solution and len(behind.split()) > 3 and _SENTENCE.search(behind) and not marked:
        score -= 1.0
    return score


def _glued(rest: str, rank: int) -> float:
    """Words without any mark between: a title in a heading, else mostly a sentence that speaks of the problem."""
    lower = rest.strip(" *_")[:1].islower()
    if rank <= BOLD:
        return -1.0 if _SENTENCE.search(rest) or (lower and rank == BOLD) else 0.0
    if lower:
        return -2.5 if rank == BOLD_BEGINNING else _SPEECH
    return -4.0 if _SENTENCE.search(rest) else 0.0 if len(rest.split()) <= 8 else -1.5
