"""Labels of problems as people write them: `3C ii`, `Question 1`, `Aufgabe II`, `HW4 - Q1`, `第1题`."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from grader.core.record import Record
from grader.observation.label_words import ASSIGNMENTS, LINKS, NUMBERS, PARTS, SOLUTIONS, SUFFIXES, TASKS

LabelPath = tuple[str, ...]
Word = Literal["", "part", "letter", "task"]

PLAIN_MARKS = str.maketrans("①②③④⑤⑥⑦⑧⑨（）［］：．、，", "123456789()[]:.,,")

_EAST = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"  # written without gaps
_TOKEN = re.compile(rf"\d+|[{_EAST}]+|[^\W\d_{_EAST}]+|\S")
_WORD = re.compile(r"[^\W_]+")
_ROMAN = re.compile(r"(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")
_POINTS = re.compile(
    r"[\[(]\s{0,3}(?:worth\s{0,3})?[\d.,/]{1,9}\s{0,3}(?:points?|pts?|marks?|punkte?|puntos|p)\b\.?\s{0,3}[\])]"
    r"|[-–—,]\s{0,3}[\d.]{1,9}\s{0,3}(?:points?|pts?|marks?|punkte?|puntos)(?![a-z])\.?"
    r"|[\[(]\s{0,3}\d{1,3}\s{0,3}/\s{0,3}\d{1,3}\s{0,3}[\])]",
    re.IGNORECASE,
)
_NO_OPENING = frozenset("=<≤≥≈+±×÷/^&@%")
_BETWEEN = frozenset(".-–—_()[],/:*#|·")
_NO_END = re.compile(r"[.,]\d|-[^\W\d_]|%|\s{0,3}[=<>≤≥+*/×^]\s{0,3}[\w(]|\s?x\s?\d")
_LONGEST = 400
_MOST_PARTS = 5
_MOST_BREAKS = 8


class Label(NamedTuple):
    """One way to read the beginning of a text as a label.

    `parts` are in lower case, numbers without zeros in front; `word` is the strongest word before them, `letter` for a
    bare `Q`; `assignment` is the number of the homework where it is said, and the label ends at `end`.
    """

    parts: LabelPath
    word: Word = ""
    solution: bool = False
    assignment: LabelPath = ()
    end: int = 0


class _Token(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.text[0].isalpha() else ""


def read_labels(text: str) -> list[Label]:
    """Every way to read the text's beginning as a label, the longest first."""
    return _Reader(text).labels()


def read_names(text: str, labels: "Labels") -> list[Label]:
    """The labels in words, such as `Bonus` or `Warm-up 1`, that begin the text, behind words such as `Problem`."""
    reader = _Reader(text)
    opening = reader.skip_opening()
    found: dict[LabelPath, Label] = {}
    for at in range(opening, reader.skip_lead() + 1):
        words = [token for token in reader.tokens[at : at + 2 * labels.longest_name] if token.text.isalnum()]
        for size in range(min(labels.longest_name, len(words)), 0, -1):
            path = tuple(token.text.lower() for token in words[:size])
            if path in labels.names:
                found.setdefault(
                    path, Label(path, reader.word, reader.solution, reader.assignment, words[size - 1].end)
                )
    return list(found.values())


def label_behind(text: str) -> tuple[str, Label] | None:
    """(the title, the label) of `Parameters (Problem 1)`: a label with its word that ends a line, behind a title."""
    line = without_points(text[:_LONGEST]).rstrip(" \t.:)]*_#}")
    breaks = [at for at, character in enumerate(line) if character in "([:,-–—|"][-_MOST_BREAKS:]
    for at in breaks:
        title = line[:at].strip(" \t*_#-–—:,(")
        first = next((token.word for token in _tokens(line[at + 1 :]) if token.text.isalnum()), "")
        label = next(iter(read_labels(line[at + 1 :])), None) if _is_lead(first) else None
        if title and label and label.word in ("task", "letter") and not line[at + 1 + label.end :].strip(" \t.:)]*_"):
            return title, label
    return None


def labels_within(text: str) -> list[LabelPath]:
    """The labels in a name such as `set4_3B` or `hw2-problem-3-final`, in order."""
    found: list[LabelPath] = []
    end = 0
    text = text[:_LONGEST].replace("_", " ").replace("-", " ")  # as spaces in names
    tokens = _tokens(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        glued = before is not None and before.end == token.start and before.text.isalnum()
        if token.start < end or glued or not (token.text.isdecimal() or _is_lead(token.word) or before is None):
            continue
        read = next(iter(read_labels(text[token.start :].replace("_", " "))), None)
        if read and any(part.isdecimal() for part in read.parts):
            found.append(read.parts)
            end = token.start + read.end
    return found


def is_label(text: str) -> bool:
    """Whether the text is nothing but a label, or the words before one."""
    reader = _Reader(text)
    return reader.skip_lead() == len(reader.tokens) or _whole(text) is not None


def without_points(text: str) -> str:
    """The text without what it says a problem is worth."""
    return _POINTS.sub(" ", text)


def has_points(text: str) -> bool:
    """Whether it says what a problem is worth."""
    return _POINTS.search(text[:_LONGEST]) is not None


def points_end(text: str, at: int) -> int:
    """Where a note of points that begins here ends; 0 where there is none."""
    found = _POINTS.match(text, at)
    return found.end() if found else 0


def title_end(text: str, at: int, title: str) -> int:
    """Where this (plain) title ends if it stands here, whatever marks stand between its words; 0 where it doesn't."""
    line = text[at : at + _LONGEST]
    end = 0
    for word in title.split():
        token = _WORD.search(line, end)
        if token is None or token.start() - end > 4 or token[0].lower() != word:
            return 0
        end = token.end()
    return at + end if end else 0


def plain_title(text: str) -> str:
    """A title without case, punctuation and points, for comparing."""
    return re.sub(r"[\W_]+", " ", without_points(text).lower()).strip()


def label_path(label: str) -> LabelPath:
    """The parts of a label in lower case: `3B` is (3, b), `1.1(a)` is (1, 1, a), `Q1` is (1), `3Cii` is (3, c, ii)."""
    read = _whole(label)
    return read.parts if read else _words(label)


def as_numbers(path: LabelPath) -> LabelPath:
    """The path with its Roman numbers as numbers."""
    return tuple(str(_roman(part)) if _ROMAN.fullmatch(part) else part for part in path)


def is_solution(word: str) -> bool:
    """Whether a word says that a solution follows."""
    return word.lower() in SOLUTIONS


# What parts a word from what follows it; a minus sign or a decimal point is a part of that.
_PAUSE = re.compile(r"^(?:[\s*_]|[.:](?!\d)|[-–—](?![\s$]*[\d.]))*")


def bare_solution(text: str) -> tuple[str, str] | None:
    """(the word, what stands behind it) of a line `Solution: …` or `Answer.` without a label."""
    tokens = _tokens(text[:_LONGEST])
    at = 0
    while at < len(tokens) and not tokens[at].text.isalnum():
        at += 1
    if at == len(tokens) or not is_solution(tokens[at].text):
        return None
    behind = text[tokens[at].end :].lstrip(" \t*_}")
    if behind and behind[0] not in ".:-–—":
        return None
    return tokens[at].word, _PAUSE.sub("", behind, count=1)


class Labels(Record):
    """How an assignment names its problems: labels and titles in lower case to problem ids, chapter titles to ids."""

    problems: dict[str, str]
    titles: dict[str, str] = {}
    chapters: dict[str, str] = {}

    @cached_property
    def paths(self) -> dict[LabelPath, str]:
        """The problems by what their labels say: by path where that is one problem's alone, and by its words."""
        return _unique(
            (path, problem) for label, problem in self.problems.items() for path in dict.fromkeys(_known_as(label))
        )

    @cached_property
    def names(self) -> frozenset[LabelPath]:
        """The paths that are words: no reader of labels knows them by itself."""
        return frozenset(_words(label) for label in self.problems if _whole(label) is None or self._is_doubled(label))

    def _is_doubled(self, label: str) -> bool:
        return label_path(label) not in self.paths

    @cached_property
    def longest_name(self) -> int:
        """How many words the longest of them has."""
        return max(map(len, self.names), default=0)

    @cached_property
    def numbered(self) -> dict[LabelPath, str]:
        """The same with Roman numbers as numbers, for who writes them the other way."""
        return _unique((as_numbers(path), problem) for path, problem in self.paths.items())

    @cached_property
    def groups(self) -> dict[LabelPath, LabelPath]:
        """The beginnings of the paths of several parts, by themselves and with their Roman numbers as numbers."""
        own = {path[:size] for path in self.paths for size in range(1, len(path))} - self.paths.keys()
        chapters = {label_path(name) for name in self.chapters.values()} - self.paths.keys()
        known = own | chapters
        return {as_numbers(path): path for path in known} | {path: path for path in known}

    @cached_property
    def path_of(self) -> dict[str, LabelPath]:
        """The path of each problem, by id: that of its own label."""
        found: dict[str, LabelPath] = {}
        for label, problem in self.problems.items():
            found.setdefault(problem, label_path(label))
        return found

    def meaning(self, path: LabelPath) -> str:
        """The problem that a whole path means, or empty."""
        return self.paths.get(path) or self.numbered.get(as_numbers(path), "")


def _unique(pairs: Iterator[tuple[LabelPath, str]]) -> dict[LabelPath, str]:
    found: dict[LabelPath, str] = {}
    doubled = set()
    for path, problem in pairs:
        if found.setdefault(path, problem) != problem:
            doubled.add(path)
    return {path: problem for path, problem in found.items() if path not in doubled}


def _known_as(label: str) -> Iterator[LabelPath]:
    read = _whole(label)
    if read:
        yield read.parts
        if read.assignment:
            yield read.assignment + read.parts
    yield _words(label)


def _words(label: str) -> LabelPath:
    """The label's words and numbers as they are written."""
    return tuple(token.text.lower() for token in _tokens(label) if token.text.isalnum())


def _whole(label: str) -> Label | None:
    return next((read for read in read_labels(label) if not label[read.end :].strip(" \t.:)]")), None)


def _tokens(text: str) -> list[_Token]:
    return [_Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _roman(part: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10}[letter] for letter in part]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


class _Reader:
    """Reads one line from left to right."""

    def __init__(self, text: str) -> None:
        # Points are no part of a label: a mark that nothing else knows stands for them.
        self.line = _POINTS.sub(lambda points: "\0" * len(points[0]), text[:_LONGEST]).translate(PLAIN_MARKS)
        self.tokens = _tokens(self.line)
        self.word: Word = ""
        self.solution = False
        self.assignment: LabelPath = ()

    def labels(self) -> list[Label]:
        at = self.skip_lead()
        first = self.tokens[at].start if at < len(self.tokens) else 0
        found: list[Label] = []
        parts: LabelPath = ()
        while at < len(self.tokens) and len(parts) < _MOST_PARTS:
            more, above, at = self._part(at, parts)
            if not more:
                break
            parts = more + parts if above else parts + more
            end = self._end(at, first)
            if end is not None and not (above and found and found[-1].word == "task"):
                found.append(Label(parts, self.word, self.solution, self.assignment, end))
            at = self._next(at)
        return found[::-1]

    def skip_opening(self) -> int:
        """Where the first word or number stands."""
        at = 0
        while at < len(self.tokens) and not self.tokens[at].text.isalnum() and self.tokens[at].text not in _NO_OPENING:
            at += 1
        return at

    def skip_lead(self) -> int:
        """Where the label itself begins."""
        return self._lead(self.skip_opening(), opening=True)

    def _skip(self, at: int, marks: frozenset[str]) -> int:
        while at < len(self.tokens) and self.tokens[at].text in marks:
            at += 1
        return at

    def _lead(self, at: int, *, opening: bool) -> int:
        """Behind the words before a label."""
        start, led = at, not opening
        while at < len(self.tokens):
            word = self.tokens[at].word
            if not word:
                number = self.tokens[at].text
                course = opening and number.isdigit() and len(number) >= 3 and at == start + 1
                if not course:
                    break
                led, at = True, self._skip(at + 1, _BETWEEN)
                continue
            if word in SOLUTIONS:
                self.solution = led = True
            elif word in ASSIGNMENTS and opening:
                at = self._assignment(at + 1)
                self.word, led = "", True
                continue
            elif word in TASKS and (len(word) > 1 or self._numbered(at + 1)):
                self.word, led = ("letter" if len(word) == 1 and word in "pq" else "task"), True
            elif word in PARTS:
                self.word, led = self.word or "part", True
            elif not (self._links(at, led=led) or self._course(at, start)):
                break
            following = self._skip(at + 1, _BETWEEN)
            if following < len(self.tokens) and self.tokens[following].text in "№°º":
                following += 1
            at = following
        return at

    def _links(self, at: int, *, led: bool) -> bool:
        """Whether the word joins others before a label: `to`, `No.`, `my solution`, `a la pregunta`."""
        word = self.tokens[at].word
        following = self.tokens[at + 1].word if at + 1 < len(self.tokens) else ""
        if word == "a":
            return led and (following in TASKS or following in ("la", "le", "los"))
        if word not in LINKS:
            return False
        mine = word in ("my", "our") and following in TASKS | SOLUTIONS
        return led or word == "第" or mine or self._numbered(at + 1)

    def _course(self, at: int, start: int) -> bool:
        """Whether a course's code begins here: `CS 155`, `ECE421`."""
        following = self.tokens[at + 1].text if at + 1 < len(self.tokens) else ""
        return at == start and len(self.tokens[at].text) <= 5 and following.isdigit() and len(following) >= 3

    def _assignment(self, at: int) -> int:
        """Behind the number of a homework."""
        at = self._skip(at, _BETWEEN)
        if at < len(self.tokens):
            token = self.tokens[at]
            number = NUMBERS.get(token.word, str(int(token.text)) if token.text.isdecimal() else "")
            if number:
                self.assignment = (number,)
                at += 1
            elif token.word in TASKS or token.word in ASSIGNMENTS:
                return at
        return self._skip(at, _BETWEEN)

    def _numbered(self, at: int) -> bool:
        """Whether a number, a Roman one, or a letter by itself comes next."""
        if at < len(self.tokens) and self.tokens[at].word in ("q", "p"):
            at += 1
        first = self._skip(at, frozenset(".-_#()"))
        if first == len(self.tokens):
            return False
        token = self.tokens[first]
        letter = len(token.word) == 1 and (first > at or self.line[token.start - 1] in " \t")
        return token.text.isdecimal() or _is_roman(token.word) or (letter and self._closed(first))

    def _part(self, at: int, before: LabelPath) -> tuple[LabelPath, bool, int]:
        """(the parts that stand here, whether they go above those before, what follows)."""
        above = False
        word = self.tokens[at].word
        if before and len(word) > 1 and (word in TASKS or word in PARTS or word in ("of", "von", "de")):
            above = self.word == "part" and word not in PARTS
            at = self._lead(at, opening=False)
            if at == len(self.tokens):
                return (), False, at
        token = self.tokens[at]
        if token.text.isdecimal():
            if before and not self._led(at):
                return (), False, at  # `2) 28` and `5. -0.75` begin an answer
            return ((str(int(token.text)),), above, at + 1) if len(token.text) <= 2 else ((), False, at)
        word = token.word
        if not (before or self.word) and _is_glued_question(token.text):
            self.word = "letter"
            return (word[1:],), above, at + 1
        if self.word and not before and word in NUMBERS:
            return (NUMBERS[word],), above, at + 1
        glued = at > 0 and self.tokens[at - 1].end == token.start
        if len(word) == 1 and word.isascii() or _is_roman(word):
            if before and not self._closed(at):
                return (), False, at
            return (word,), above, at + 1
        if glued and before and word and word[0].isascii() and _is_roman(word[1:]):
            return (word[0], word[1:]), above, at + 1
        return (), False, at

    def _led(self, at: int) -> bool:
        """Whether a number behind others is one of the label: by a word, a bracket, or without a gap."""
        last = at - 1
        while last > 0 and self.tokens[last].text in _BETWEEN:
            last -= 1
        between = self.line[self.tokens[last].end : self.tokens[at].start]
        led = self.tokens[last].word in PARTS | TASKS | LINKS
        return led or between[-1:] in ("(", "[") or not any(mark.isspace() for mark in between)

    def _closed(self, at: int) -> bool:
        """Whether a letter behind a number is one of the label: `1. A network` and `1. I think` have none."""
        token, behind = self.tokens[at], self.line[self.tokens[at].end :]
        glued = self.line[token.start - 1] not in " \t"
        return glued or re.match(r"\s*(?:[).:\]\[(,–—\-*_}|\0]|$)", behind) is not None

    def _next(self, at: int) -> int:
        """Where the next part may stand."""
        following = self._skip(at, _BETWEEN)
        between = (
            self.line[self.tokens[at - 1].end : self.tokens[following].start] if following < len(self.tokens) else ""
        )
        # Behind `2):` or `2) ` an answer begins, unless a word or a bracket says that the label goes on.
        ended = ":" in between or re.search(r"\)\s", between) is not None
        if ended and "(" not in between and self.tokens[following].word not in PARTS | TASKS | {"of"}:
            return len(self.tokens)
        return following

    def _end(self, at: int, first: int) -> int | None:
        """Where the label that began there ends, if it may end in front of this token."""
        end = self.tokens[at - 1].end
        label = self.line[first : end + 1]
        if label.endswith((")", "]")) and label.count("(") + label.count("[") == label.count(")") + label.count("]"):
            return end + 1
        if at < len(self.tokens) and self.tokens[at].word in SUFFIXES:
            return self.tokens[at].end
        behind = self.line[end : end + 12]
        if behind and (behind[0].isalnum() or _NO_END.match(behind)):
            return None
        return end


def _is_glued_question(text: str) -> bool:
    """Whether a word is a capital Q with its label: `QII`, `QB`."""
    return text[0] == "Q" and text.isupper() and (len(text) == 2 or _is_roman(text[1:].lower()))


def _is_lead(word: str) -> bool:
    return word in TASKS or word in PARTS or word in ASSIGNMENTS or word in SOLUTIONS


def _is_roman(word: str) -> bool:
    return bool(word) and _ROMAN.fullmatch(word) is not None
