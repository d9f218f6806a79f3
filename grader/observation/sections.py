"""Finds, in a report, the part that answers each problem, by its headings."""

import re

from grader.core.evidence import Section, Source
from grader.core.record import Record
from grader.observation.answers import read_answers

_DECORATION = re.compile(r"^[\s#*_>\\{}$]+|[\s*_:.}]+$")
_LATEX_HEADING = re.compile(r"^\s*\\(?:sub)*section\*?\s*\{(.*?)\}")
_MARKED = re.compile(r"\s*(?:#{1,6}\s|\*\*)")
_LABEL = re.compile(
    r"^(?P<word>problem|question|exercise|solution(?:\s+to)?|answer(?:\s+to)?|part|q|p)?\s*"
    r"[#(]?(?P<chapter>\d{1,2})?[\s.\-_)]*(?P<letter>[A-Za-z])?(?P<rest>(?:[\s.:)\]\-–—(\[]|$).*)",
    re.IGNORECASE,
)
_POINTS = re.compile(r"[\[(]\s*[\d.]+\s*(?:points?|pts?\.?)\s*[\])]", re.IGNORECASE)
_FIGURE = re.compile(r"!\[[^\]]*\]\([^)]+\)|\\includegraphics|<img\b")


class Labels(Record):
    """How an assignment names its problems: labels and titles in lower case to problem ids, chapter titles to ids."""

    problems: dict[str, str]
    titles: dict[str, str] = {}
    chapters: dict[str, str] = {}


def find_sections(text: str, file: str, labels: Labels) -> tuple[Section, ...]:
    """The sections of a text.

    A heading is a line such as `# Problem 3B`, `3B)`, `Problem B [8 points]:` below a line `3 Depth vs Width`, or
    `Solution B.:`. What stands before the first heading belongs to no problem. Where a problem has sections called
    solution or answer, those are its sections, and the rest is the question.
    """
    lines = text.splitlines()
    starts: list[tuple[int, str, str, bool]] = []
    chapter = ""
    for number, line in enumerate(lines):
        found = _heading(line, chapter, labels)
        if found is not None:
            problem, opened, rest, solution = found
            chapter = opened or chapter
            starts.append((number, problem, rest, solution))
    ends = [*(number for number, *_ in starts), len(lines)][1:]
    sections: list[tuple[bool, Section]] = []
    for (start, problem, rest, solution), end in zip(starts, ends, strict=True):
        if problem:
            body = "\n".join([rest, *lines[start + 1 : end]])
            section = Section(
                problem=problem,
                text=body.strip("\n"),
                source=Source(file=file, line=start + 1),
                readings=read_answers(body, file, start + 1),
                figures=len(_FIGURE.findall(body)),
            )
            sections.append((solution, section))
    solved = {section.problem for solution, section in sections if solution}
    return tuple(section for solution, section in sections if solution or section.problem not in solved)


def plain_title(text: str) -> str:
    """A title without case, punctuation and points, for comparing."""
    return re.sub(r"[^a-z0-9]+", " ", _POINTS.sub("", text).lower()).strip()


def _heading(line: str, chapter: str, labels: Labels) -> tuple[str, str, str, bool] | None:
    """(problem or "", chapter it opens or "", answer on the same line, whether it is a solution) for a heading."""
    latex = _LATEX_HEADING.match(line)
    marked = bool(latex or _MARKED.match(line))
    plain = _DECORATION.sub("", latex[1] if latex else line)
    match = _LABEL.match(plain) if 0 < len(plain) <= 400 else None
    if match:
        word = (match["word"] or "").lower()
        number, letter, rest = match["chapter"] or "", (match["letter"] or "").lower(), match["rest"]
        solution = word.startswith(("solution", "answer"))
        if marked or len(word) > 1 or (number and letter and re.match(r"[).:\]]|\s*$|\s*[\[(]", rest)):
            candidates = [f"{number}{letter}"] if number else [f"{chapter}{letter}", letter] if letter else []
            for label in candidates:
                if label in labels.problems:
                    return labels.problems[label], number, _answer_on_line(rest), solution
        if number and not letter and word != "part" and _opens_chapter(rest, marked, labels):
            return "", number, "", False
    title = plain_title(plain)
    if marked and title in labels.titles:
        return labels.titles[title], "", "", False
    if title in labels.chapters and (marked or _POINTS.search(plain)):
        return "", labels.chapters[title], "", False
    return None


def _opens_chapter(rest: str, marked: bool, labels: Labels) -> bool:
    return marked or bool(_POINTS.search(rest)) or plain_title(rest) in labels.chapters


def _answer_on_line(rest: str) -> str:
    """An answer that begins on the heading's own line, behind its points and a colon."""
    rest = re.sub(r"^[\s.):\]]*" + _POINTS.pattern, "", rest, flags=re.IGNORECASE)
    return rest.partition(":")[2].strip() if ":" in rest else re.sub(r"^[\s.)\]]+", "", rest)
