"""Finds, in a document, the part that answers each problem, by its headings."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from grader.core.evidence import Section
from grader.core.record import Record
from grader.core.source import Source
from grader.observation.answers import read_answers, without_retracted
from grader.observation.cells import blocks
from grader.observation.confusions import read_confusions
from grader.observation.formulas import read_formulas
from grader.observation.links import read_links
from grader.observation.logs import read_logs
from grader.observation.tables import read_tables

_LATEX_HEADING = re.compile(r"\s*+\\(?:((?:sub)*)section|paragraph|textbf)\*?\s*+\{([^{}]*)\}")
_MARKED = re.compile(r"\s*+(?:(#{1,6})(?=\s)|\*\*|__|<h([1-6])\b)", re.IGNORECASE)
_TAG = re.compile(r"</?(?:h[1-6]|b|strong)\b[^<>]{0,200}>", re.IGNORECASE)
_MARKS = "#*_>•\\{}$ \t\f\v\xa0"
_WORD = re.compile(
    r"(?P<word>(?:solution|answer)(?:\s+(?:to|for))?(?:\s+(?:problem|question|exercise|part))?"
    r"|problem|question|exercise|prob\.|part|q|p)?\s*[#(\[]?(?=[\s.\-_()]*(?:\d|[a-z](?![a-z])|[ivx]{1,4}(?![a-z])))",
    re.IGNORECASE,
)
# What may stand between the parts of a label, and a part: a number, or a letter or Roman number that is no word.
_PART = re.compile(
    r"[\s.\-_()]*(?:,?\s*(?:part|problem|question)\s*\(?)?"
    r"(?:(\d{1,2})(?!\d)|((?:[ivx]{1,4}|[a-z])(?![a-z0-9])|[a-z](?=[ivx]{1,4}(?![a-z0-9]))))",
    re.IGNORECASE,
)
_MOST_PARTS = 4
_BEHIND = re.compile(r"[\s.:)\]\-–—(\[,]|$")
_ROMAN = re.compile(r"x{0,2}(?:ix|iv|v?i{0,3})")
_TOKENS = re.compile(r"\d+|[a-z]+")
_SOLUTION = re.compile(r"(?P<word>solution|answer)\s*[.:]*\s*(?P<rest>.*)", re.IGNORECASE)
_SEPARATED = re.compile(r"\s*(?:[.:)\](\[–—]|-\s|$)")
_SPEECH = re.compile(r"\s*(?:,|[a-z]|.*[.!?;,]\s*$)")
_POINTS = re.compile(
    r"[\[(]\s*[\d.]{1,9}\s*(?:points?|pts?\.?)\s*[\])]|[-–—]\s{0,3}[\d.]{1,9}\s{0,3}(?:points?|pts?)(?![a-z])\.?",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"!\[[^\]\[\n]{0,300}\](?:\([^)\s]|\[)|\\includegraphics|<img\b")
_TITLED = re.compile(r"[A-Za-z]{3}")
_FENCE = re.compile(r"\s*(```|~~~)")
_LONGEST_HEADING = 400
_MOST_TEXT = 5_000_000
_MOST_LINES = 100_000
_PICTURE = re.compile(r"(data:image/[a-z+.-]{1,20};base64,)[A-Za-z0-9+/=]{100,}")
_MOST_HEADINGS = 2000
_MOST_READ = 1_000_000
_LONG_QUESTION = 8
_UNMARKED = 9

_Path = tuple[str, ...]


class Labels(Record):
    """How an assignment names its problems: labels and titles in lower case to problem ids, chapter titles to ids."""

    problems: dict[str, str]
    titles: dict[str, str] = {}
    chapters: dict[str, str] = {}


class _Index(NamedTuple):
    """The same by the parts of the labels: `3C ii` is (3, c, ii). `groups` are their beginnings, `ends` their ends."""

    problems: dict[_Path, str]
    groups: frozenset[_Path]
    ends: frozenset[_Path]
    titles: dict[str, str]
    chapters: dict[str, str]


class _Heading(Record):
    """What a line opens: a problem, or a chapter, or nothing more than the end of what stood before.

    `path` is its label's parts, `rest` an answer that begins on the line itself; `level` is 1 for `#`, 9 for a line
    without any mark.
    """

    problem: str = ""
    path: _Path = ()
    rest: str = ""
    solution: bool = False
    level: int = _UNMARKED


class _Place(NamedTuple):
    """Where in the document a line stands: below which heading, in which chapter, and that chapter's level."""

    current: _Heading = _Heading()
    path: _Path = ()
    above: int = 0

    def below(self, heading: _Heading) -> "_Place":
        """The place behind a heading."""
        opened = bool(heading.path) and not heading.problem
        return _Place(heading, heading.path or self.path, heading.level if opened else self.above)


class _Label(NamedTuple):
    """One way to read a line as a label: the word before it, its parts, and what stands behind it."""

    word: str
    parts: _Path
    rest: str


def find_sections(text: str, file: str, labels: Labels) -> tuple[Section, ...]:
    """The sections of a text.

    A heading is a line such as `# Problem 3B`, `3B)`, `3C ii)`, `Q1.1 - 5 Pts`, `Problem B [8 points]:` below a line
    `3 Depth vs Width`, or `Solution B.:`. What stands before the first heading belongs to no problem. Where a problem
    has sections called solution or answer, those are its sections, and the rest is the question. A heading with a
    whole sentence behind it that occurs twice repeats the question.
    """
    lines = _lines(text)[:_MOST_LINES]
    starts = _headings(lines, _index(labels))
    ends = [*(number for number, _ in starts), len(lines)][1:]
    questions = Counter((heading.problem, plain_title(heading.rest)) for _, heading in starts)
    sections: list[tuple[bool, Section]] = []
    for (start, heading), end in zip(starts, ends, strict=True):
        if heading.problem:
            said = plain_title(heading.rest)
            repeated = questions[heading.problem, said] > 1 and said.count(" ") >= _LONG_QUESTION
            rest = "" if repeated else heading.rest
            sections.append((heading.solution, _section(heading.problem, [rest, *lines[start + 1 : end]], file, start)))
    solved = {section.problem for solution, section in sections if solution}
    answers = [section for solution, section in sections if solution or section.problem not in solved]
    told = {section.problem for section in answers if section.text.strip()}
    return tuple(section for section in answers if section.text.strip() or section.problem not in told)


def is_cut(text: str) -> bool:
    """Whether a text is longer than what is read of it."""
    long = len(text) > _MOST_TEXT and len(_PICTURE.sub(r"\1", text)) > _MOST_TEXT
    return long or text.count("\n") > _MOST_LINES


def plain_title(text: str) -> str:
    """A title without case, punctuation and points, for comparing."""
    return re.sub(r"[^a-z0-9]+", " ", _POINTS.sub("", text).lower()).strip()


def label_path(label: str) -> tuple[str, ...]:
    """The parts of a label in lower case: `3B` is (3, b), `1.1(a)` is (1, 1, a), `3Cii` is (3, c, ii)."""
    parts: list[str] = []
    for token in _TOKENS.findall(label.lower()):
        glued = len(token) > 1 and not _ROMAN.fullmatch(token) and _ROMAN.fullmatch(token[1:])
        parts += [token[0], token[1:]] if glued else [token]
    return tuple(parts)


def _lines(text: str) -> list[str]:
    """The lines of a text, without the pictures that stand in them as letters."""
    plain = _PICTURE.sub(r"\1", text)[:_MOST_TEXT]
    return plain.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _index(labels: Labels) -> _Index:
    problems: dict[_Path, str] = {}
    for label, problem in labels.problems.items():
        problems.setdefault(label_path(label), problem)
    groups = frozenset(path[:size] for path in problems for size in range(1, len(path)))
    ends = frozenset(path[size:] for path in (*problems, *groups) for size in range(len(path)))
    return _Index(problems, groups, ends, labels.titles, labels.chapters)


def _headings(lines: list[str], index: _Index) -> list[tuple[int, _Heading]]:
    starts: list[tuple[int, _Heading]] = []
    place = _Place()
    for number in _outside_fences(lines):
        found = _heading(lines[number], place, index)
        if found is not None:
            place = place.below(found)
            starts.append((number, found))
            if len(starts) == _MOST_HEADINGS:
                break
    return starts


def _section(problem: str, lines: list[str], file: str, start: int) -> Section:
    """The section of these lines, the first of which stands in line `start` of the file, counted from 0."""
    body = "\n".join(lines)
    readings = read_answers(body, file, start + 1)
    kept = without_retracted(body[:_MOST_READ])
    cells = list(blocks(kept))
    return Section(
        problem=problem,
        text=body.strip("\n"),
        source=Source(file=file, line=start + 1),
        readings=readings,
        tables=read_tables(cells, file, start + 1),
        confusions=read_confusions(cells, readings, file, start + 1),
        logs=read_logs(kept, file, start + 1),
        links=read_links(kept, file, start + 1),
        formulas=read_formulas(body, file, start + 1),
        figures=len(_FIGURE.findall(body)),
    )


def _outside_fences(lines: list[str]) -> Iterator[int]:
    """The numbers of the lines that stand in no fenced code: a comment there is no heading. Fences come in pairs."""
    fences = [(number, match[1]) for number, line in enumerate(lines) if (match := _FENCE.match(line))]
    code: set[int] = set()
    opened: tuple[int, str] | None = None
    for number, mark in fences:
        if opened is None:
            opened = number, mark
        elif mark == opened[1]:
            code.update(range(opened[0], number + 1))
            opened = None
    return (number for number in range(len(lines)) if number not in code)


def _heading(line: str, place: _Place, index: _Index) -> _Heading | None:
    """What the line opens; None when it is no heading."""
    if not line or line.isspace():
        return None
    plain, behind, level = _unmarked(line)
    if len(plain) <= _LONGEST_HEADING and (level < _UNMARKED or _POINTS.search(plain)):
        title = plain_title(plain)
        if title in index.titles:
            return _Heading(problem=index.titles[title], level=level)
        if title in index.chapters:  # and perhaps the only problem of its chapter: `Part 6: Images`
            named = _labelled(plain, behind, level, place, index)
            return named if named and named.problem else _Heading(path=label_path(index.chapters[title]), level=level)
    return _labelled(plain, behind, level, place, index) or _bare_solution(plain, behind, level, place.current)


def _unmarked(line: str) -> tuple[str, str, int]:
    """(the line without what makes it a heading, what follows a heading on its line, its level)."""
    latex = _LATEX_HEADING.match(line)
    if latex:
        level = 7 if latex[1] is None else 1 + len(latex[1]) // 3
        return latex[2].strip(_MARKS), line[latex.end() :], level
    mark = _MARKED.match(line)
    level = _UNMARKED if not mark else len(mark[1]) if mark[1] else int(mark[2] or 7)
    head = _TAG.sub(" ", line[:_LONGEST_HEADING])
    bold = mark is not None and level == 7
    plain = head.lstrip(_MARKS) + line[_LONGEST_HEADING:]
    if bold:
        plain = plain.replace("**", " ", 1).replace("__", " ", 1)
    return plain.rstrip(" \t*_#"), "", level


def _labelled(plain: str, behind: str, level: int, place: _Place, index: _Index) -> _Heading | None:
    for label in _labels(plain):
        titled = level < _UNMARKED and label.parts not in index.problems and plain_title(label.rest) in index.chapters
        if titled and len(label.parts) == 1:
            return _Heading(path=label.parts, level=level)
        # `1.1` that begins the labels of problems is that chapter, and no problem 1 below it.
        several = len(label.parts) > 1
        names = _names(label, level, place) if label.parts in index.ends else []
        name = next((name for name in names if name in index.problems or (several and name in index.groups)), None)
        if name in index.problems:
            if not _clear(label, name, plain, level, place, index):
                return None
            return _Heading(
                problem=index.problems[name],
                path=name,
                rest=_answer_on_line(label.rest, index.problems[name], index.titles) + behind,
                solution=label.word.startswith(("solution", "answer")),
                level=level,
            )
        if len(label.parts) == 1 and label.parts[0].isdigit():
            opens = label.word != "part" and _opens_chapter(label, level, place.current, index)
            return _Heading(path=label.parts, level=level) if opens else None
        group = next((name for name in names if name in index.groups), None)
        if group is not None:
            return _Heading(path=group, level=level) if _opens_chapter(label, level, place.current, index) else None
    return None


def _labels(plain: str) -> list[_Label]:
    """Every way to read the line's beginning as a label, the longest first."""
    line = plain[:_LONGEST_HEADING]
    start = _WORD.match(line)
    if not start or not plain:
        return []
    found: list[_Label] = []
    parts: _Path = ()
    at = start.end()
    while len(parts) < _MOST_PARTS and (match := _PART.match(line, at)):
        parts += ((match[1] or match[2]).lower(),)
        at = match.end()
        if _BEHIND.match(line, at) and not re.match(r"\.\d", line[at : at + 2]):
            found.append(_Label((start["word"] or "").lower(), parts, plain[at:]))
    return found[::-1]


def _names(label: _Label, level: int, place: _Place) -> list[_Path]:
    """The full labels that this one may stand for at this place: a letter belongs to its chapter first.

    A number does so only where it stands alone, and not above its chapter's heading.
    """
    parts = label.parts
    below = [place.path[:size] + parts for size in range(len(place.path), 0, -1)]
    if parts[0].isdigit():
        return [parts, *below] if not label.word and level >= place.above else [parts]
    return [*below, parts]


def _clear(label: _Label, name: _Path, plain: str, level: int, place: _Place, index: _Index) -> bool:
    """Whether the line means to open this problem, and doesn't merely begin with its label."""
    marked, rest = level < _UNMARKED, label.rest
    separated = bool(_SEPARATED.match(rest))
    pointed = bool(_POINTS.search(rest[:_LONGEST_HEADING]))
    if len(label.word) > 1:
        return separated or (marked and level < 7) or pointed or not _SPEECH.match(rest)
    if label.parts == name and name[0].isdigit():
        if any(part.isalpha() for part in name):
            return separated or (marked and not (level >= 7 and _SPEECH.match(rest)))
        return (separated and (marked or bool(label.word))) or pointed
    if name[-len(label.parts)].isdigit():
        title = next((title for title, problem in index.titles.items() if problem == index.problems[name]), "")
        bare = not rest.strip(_MARKS + ".):]")
        return pointed or bare or bool(title and separated and plain_title(rest).startswith(title))
    if marked:
        return separated and not (place.current.problem and level > place.current.level)
    listed = plain[0] in "([" and separated and not re.match(r"[\s)\].:]*(?:,|[a-z])", rest)
    return listed and _follows(name, place.path)


def _follows(name: _Path, before: _Path) -> bool:
    """Whether a label is the first below the one before, or the next one beside it."""
    orders = (list("abcdefghijklmnopqrstuvwxyz"), ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"])
    if name[:-1] == before:
        return name[-1] in ("a", "i", "1")
    return name[:-1] == before[:-1] and any(
        before[-1] in order and name[-1] in order and order.index(name[-1]) == order.index(before[-1]) + 1
        for order in orders
    )


def _opens_chapter(label: _Label, level: int, current: _Heading, index: _Index) -> bool:
    """Whether a line with the label of no problem begins a chapter, and no list or part of an answer."""
    rest = label.rest[:_LONGEST_HEADING]
    if _POINTS.search(rest) or (_TITLED.search(rest) is not None and plain_title(rest) in index.chapters):
        return True
    if len(label.word) > 1:
        return level < 7 or bool(re.match(r"\s*[:.]?\s*$|\s*[:–—]", rest))
    return level < 7 and not (current.problem and level > current.level)


def _bare_solution(plain: str, behind: str, level: int, current: _Heading) -> _Heading | None:
    """`Solution:` below a problem: what stood before it is the question. `Answer: 608` is part of an answer."""
    match = _SOLUTION.fullmatch(plain) if current.problem else None
    if not match or not re.match(r"\s*[:.]|\s*$", plain[len(match["word"]) :]):
        return None
    if match["word"].lower() == "answer" and match["rest"] and level == _UNMARKED:
        return None
    rest = plain if match["rest"] else ""
    return current.model_copy(update={"rest": rest + behind, "solution": True, "path": ()})


def _answer_on_line(rest: str, problem: str, titles: dict[str, str]) -> str:
    """An answer that begins on the heading's own line, behind the problem's title and points."""
    rest = _POINTS.sub("", rest, count=1).lstrip(" \t.):]-–—*_")
    for title, named in titles.items():
        if named == problem and title:
            words = r"\W{1,4}".join(map(re.escape, title.split()))
            rest = re.sub(rf"^{words}\b\W{{0,4}}", "", rest, count=1, flags=re.IGNORECASE)
    return rest
