"""Finds, in a report, the part that answers each problem, by its headings."""

import re
from collections.abc import Iterator

from grader.core.evidence import Section, Source
from grader.core.record import Record
from grader.observation.answers import read_answers

_LATEX_HEADING = re.compile(r"\s*+\\(?:((?:sub)*)section|paragraph|textbf)\*?\s*+\{([^{}]*)\}")
_MARKED = re.compile(r"\s*+(?:(#{1,6})(?=\s)|\*\*|__|<h([1-6])\b)", re.IGNORECASE)
_TAG = re.compile(r"</?(?:h[1-6]|b|strong)\b[^<>]{0,200}>", re.IGNORECASE)
_MARKS = "#*_>\\{}$ \t\f\v\xa0"
_LABEL = re.compile(
    r"(?P<word>(?:solution|answer)(?:\s+(?:to|for))?(?:\s+(?:problem|question|exercise|part))?"
    r"|problem|question|exercise|prob\.|part|q|p)?"
    r"\s*[#(\[]?(?P<chapter>\d{1,2})?[\s.\-_()]*(?:,?\s*(?:part|problem|question)\s*\(?)?"
    r"(?P<letter>[A-Za-z])?(?P<rest>(?:[\s.:)\]\-–—(\[,]|$).*)",
    re.IGNORECASE,
)
_SOLUTION = re.compile(r"(?P<word>solution|answer)\s*[.:]*\s*(?P<rest>.*)", re.IGNORECASE)
_SEPARATED = re.compile(r"\s*(?:[.:)\](\[–—]|-\s|$)")
_SPEECH = re.compile(r"\s*(?:,|[a-z]|.*[.!?;,]\s*$)")
_POINTS = re.compile(r"[\[(]\s*[\d.]+\s*(?:points?|pts?\.?)\s*[\])]", re.IGNORECASE)
_FIGURE = re.compile(r"!\[[^\]\[\n]{0,300}\](?:\([^)\s]|\[)|\\includegraphics|<img\b")
_FENCE = re.compile(r"\s*(```|~~~)")
_LONGEST_HEADING = 400
_MOST_TEXT = 5_000_000
_MOST_HEADINGS = 2000
_UNMARKED = 9


class Labels(Record):
    """How an assignment names its problems: labels and titles in lower case to problem ids, chapter titles to ids."""

    problems: dict[str, str]
    titles: dict[str, str] = {}
    chapters: dict[str, str] = {}


class _Heading(Record):
    """What a line opens: a problem, or a chapter, or nothing more than the end of what stood before.

    `rest` is an answer that begins on the line itself; `level` is 1 for `#`, 9 for a line without any mark.
    """

    problem: str = ""
    chapter: str = ""
    rest: str = ""
    solution: bool = False
    level: int = _UNMARKED


def find_sections(text: str, file: str, labels: Labels) -> tuple[Section, ...]:
    """The sections of a text.

    A heading is a line such as `# Problem 3B`, `3B)`, `Problem B [8 points]:` below a line `3 Depth vs Width`, or
    `Solution B.:`. What stands before the first heading belongs to no problem. Where a problem has sections called
    solution or answer, those are its sections, and the rest is the question.
    """
    lines = text[:_MOST_TEXT].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    starts: list[tuple[int, _Heading]] = []
    current, chapter = _Heading(), ""
    for number in _outside_fences(lines):
        found = _heading(lines[number], chapter, current, labels)
        if found is not None:
            current, chapter = found, found.chapter or chapter
            starts.append((number, found))
            if len(starts) == _MOST_HEADINGS:
                break
    ends = [*(number for number, _ in starts), len(lines)][1:]
    sections: list[tuple[bool, Section]] = []
    for (start, heading), end in zip(starts, ends, strict=True):
        if heading.problem:
            body = "\n".join([heading.rest, *lines[start + 1 : end]])
            section = Section(
                problem=heading.problem,
                text=body.strip("\n"),
                source=Source(file=file, line=start + 1),
                readings=read_answers(body, file, start + 1),
                figures=len(_FIGURE.findall(body)),
            )
            sections.append((heading.solution, section))
    solved = {section.problem for solution, section in sections if solution}
    return tuple(section for solution, section in sections if solution or section.problem not in solved)


def plain_title(text: str) -> str:
    """A title without case, punctuation and points, for comparing."""
    return re.sub(r"[^a-z0-9]+", " ", _POINTS.sub("", text).lower()).strip()


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


def _heading(line: str, chapter: str, current: _Heading, labels: Labels) -> _Heading | None:
    """What the line opens; None when it is no heading."""
    if not line or line.isspace():
        return None
    plain, behind, level = _unmarked(line)
    marked = level < _UNMARKED
    title = plain_title(plain) if len(plain) <= _LONGEST_HEADING else ""
    if marked and title in labels.titles:
        return _Heading(problem=labels.titles[title], level=level)
    if title in labels.chapters and (marked or _POINTS.search(plain)):
        return _Heading(chapter=labels.chapters[title], level=level)
    return _labelled(plain, behind, level, chapter, current, labels) or _bare_solution(plain, behind, level, current)


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


def _labelled(plain: str, behind: str, level: int, chapter: str, current: _Heading, labels: Labels) -> _Heading | None:
    match = _LABEL.fullmatch(plain[:_LONGEST_HEADING])
    if not match or not plain:
        return None
    word = (match["word"] or "").lower()
    number, letter, rest = match["chapter"] or "", (match["letter"] or "").lower(), match["rest"]
    marked, named = level < _UNMARKED, len(word) > 1
    rest += plain[_LONGEST_HEADING:]
    separated = bool(_SEPARATED.match(rest))
    if not letter and number and word != "part" and f"{number}" not in labels.problems:
        if _opens_chapter(rest, level, named, current, labels):
            return _Heading(chapter=number, level=level)
        return None
    if named:
        clear = separated or (marked and level < 7) or not _SPEECH.match(rest)
    elif number:
        clear = separated or marked and not (level >= 7 and _SPEECH.match(rest)) if letter else separated and marked
    else:
        clear = marked and separated and not (current.problem and level > current.level)
    if not clear:
        return None
    for label in [f"{number}{letter}"] if number else [f"{chapter}{letter}", letter] if letter else []:
        problem = labels.problems.get(label)
        if problem:
            return _Heading(
                problem=problem,
                chapter=number,
                rest=_answer_on_line(rest, problem, labels) + behind,
                solution=word.startswith(("solution", "answer")),
                level=level,
            )
    return None


def _opens_chapter(rest: str, level: int, named: bool, current: _Heading, labels: Labels) -> bool:
    """Whether a line with a number alone begins a chapter, and no list or part of an answer."""
    if _POINTS.search(rest) or plain_title(rest) in labels.chapters:
        return True
    if named:
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
    return current.model_copy(update={"rest": rest + behind, "solution": True, "chapter": ""})


def _answer_on_line(rest: str, problem: str, labels: Labels) -> str:
    """An answer that begins on the heading's own line, behind the problem's title and points."""
    rest = _POINTS.sub(" ", rest, count=1).lstrip(" \t.):]-–—*_")
    for title, named in labels.titles.items():
        if named == problem and title:
            words = r"\W{1,4}".join(map(re.escape, title.split()))
            rest = re.sub(rf"^{words}\b\W{{0,4}}", "", rest, count=1, flags=re.IGNORECASE)
    return rest
