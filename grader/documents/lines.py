"""Text in whatever markup as blocks, line by line: what stands in for a format until its parser is there."""

import re
from collections.abc import Iterator

from grader.core.document import Block, Document, Run
from grader.core.source import Source

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|(?=\d))(.*)")
_HTML = re.compile(r"\s*<h([1-6])\b[^<>]{0,200}>(.*)", re.IGNORECASE)
_LATEX = re.compile(r"\s*(?:\\newpage\s*)?\\((?:sub){0,2})section\*?\s*\{([^{}]*)\}")
_TAG = re.compile(r"</?(?:h[1-6]|b|strong|span)\b[^<>]{0,200}>", re.IGNORECASE)
_ITEM = re.compile(r"(\s*)([-*+•]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])(?:[ \t]+(.*)|$)")
_UNDERLINE = re.compile(r" {0,3}(?:={2,200}|-{2,200})[ \t]{0,9}")
_BOLD = re.compile(r"\s*(?:\*\*|__|\\textbf\{|\{\\bf )(?=\S)([^\n]{1,400}?)(?:\*\*|__|\})")
_FENCE = re.compile(r"\s*(```|~~~)")
_PICTURE = re.compile(r"(data:image/[a-z+.-]{1,20};base64,)[A-Za-z0-9+/=]{100,}")
_MOST_TEXT = 5_000_000
_MOST_LINES = 100_000


def is_cut(text: str) -> bool:
    """Whether a text is longer than what is read of it."""
    long = len(text) > _MOST_TEXT and len(_PICTURE.sub(r"\1", text)) > _MOST_TEXT
    return long or text.count("\n") > _MOST_LINES


def document_of(text: str, file: str) -> Document:
    """The blocks of a text; a form feed in a PDF's begins a page."""
    plain = _PICTURE.sub(r"\1", text)[:_MOST_TEXT].removeprefix("\ufeff")
    lines = plain.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:_MOST_LINES]
    return Document(file=file, blocks=tuple(_blocks(lines, file)))


def _blocks(lines: list[str], file: str) -> Iterator[Block]:
    pdf, page = file.lower().endswith(".pdf"), 1
    closed = _closing_fences(lines)
    kept: list[str] = []
    first = 0

    def source(number: int) -> Source:
        return Source(file=file, page=page) if pdf else Source(file=file, line=number + 1)

    def paragraph() -> Iterator[Block]:
        if kept:
            item = _ITEM.fullmatch(kept[0])
            if item:
                mark = item[2] if item[2][-1] in ".)" else ""
                text = "\n".join([item[3] or "", *kept[1:]])
                yield Block(kind="item", level=1 + len(item[1]) // 2, mark=mark, runs=_runs(text), source=source(first))
            else:
                yield Block(kind="paragraph", runs=_runs("\n".join(kept)), source=source(first))
        kept.clear()

    number = 0
    while number < len(lines):
        line = lines[number]
        if pdf and line.startswith("\f"):
            yield from paragraph()
            page += 1
            line = line[1:]
        if number in closed:
            yield from paragraph()
            body = "\n".join(lines[number + 1 : closed[number]])
            yield Block(kind="code", runs=(Run(text=body, code=True),), source=source(number))
            number = closed[number] + 1
            continue
        heading = _heading(line, source(number))
        if kept and len(kept) == 1 and _UNDERLINE.fullmatch(line):
            yield Block(kind="heading", level=1 if "=" in line else 2, runs=_runs(kept.pop()), source=source(first))
            number += 1
            continue
        if heading or not line.strip() or _ITEM.fullmatch(line):
            yield from paragraph()
        if heading:
            yield heading
        elif line.strip():
            if not kept:
                first = number
            kept.append(line)
        number += 1
    yield from paragraph()


def _closing_fences(lines: list[str]) -> dict[int, int]:
    found: dict[int, int] = {}
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if match and opened is None:
            opened = number, match[1]
        elif match and opened and match[1] == opened[1]:
            found[opened[0]] = number
            opened = None
    return found


def _heading(line: str, source: Source) -> Block | None:
    if match := _HEADING.fullmatch(line):
        level, text, behind = len(match[1]), match[2].rstrip(" #"), ""
    elif match := _HTML.match(line):
        level, text, behind = int(match[1]), match[2], ""
    elif match := _LATEX.match(line):
        level, text, behind = 1 + len(match[1]) // 3, match[2], line[match.end() :]
    else:
        return None
    return Block(kind="heading", level=level, runs=_runs(_TAG.sub("", text).strip() + behind), source=source)


def _runs(text: str) -> tuple[Run, ...]:
    """The text with what stands in bold at the beginning of its lines."""
    runs: list[Run] = []
    for number, line in enumerate(text.split("\n")):
        begin = "\n" if number else ""
        if match := _BOLD.match(line):
            runs += [Run(text=begin)] if begin else []
            runs += [Run(text=match[1], bold=True), Run(text=line[match.end() :])]
        else:
            runs.append(Run(text=begin + line))
    return tuple(run for run in runs if run.text)
