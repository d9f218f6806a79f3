"""What a document says of itself and not of a problem: title, author, date, course, collaborators, contents."""

import re
from collections.abc import Sequence

from grader.core.document import Block
from grader.observation.labels import plain_title, read_labels

_OF_ITSELF = re.compile(
    r"(?:name|student|author|authors|by|id|uni|net ?id|e ?mail|date|due|course|class|section|group|team|instructor"
    r"|collaborat\w*|discussed|worked|with|late|hours?|table of contents|contents|report|homework|hw|assignment"
    r"|problem set|set"
    r"|submitted|submission|relevant materials?|theory|honou?r code|references?|acknowledge?ments?|appendix"
    r"|inhalt|inhaltsverzeichnis|autor|datum|fecha|nombre|nom|índice)\b"
)
_DATE = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|(?:\d{1,2}\.?\s)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s(?:\d{1,2}(?:st|nd|rd|th)?,?\s)?\d{4})",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[A-ZÀ-Ž][\w'’.-]{0,20}(?:,|\s+and\b|\s+&)?\s*){1,8}")
_MAIL = re.compile(r"\S{1,80}@\S{1,80}")
_COURSE = re.compile(r"[A-Z]{2,6}[ -]?\d{2,4}\b.{0,60}")
_CONTENTS = re.compile(r".{1,200}?(?:\.\s?){3,200}\s*\d{1,4}")
_LONGEST = 160


def could_hold_an_answer(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks without what a document says of itself."""
    return tuple(block for block in blocks if not _is_of_itself(block))


def _is_of_itself(block: Block) -> bool:
    if block.kind in ("table", "formula", "code", "unread"):
        return not any(run.text.strip() for run in block.runs) and block.kind != "table"
    if block.kind == "figure":
        return True
    lines = [line.strip(" \t*_#>-•\xa0\f") for line in block.text.split("\n")]
    return all(_is_line_of_itself(line, heading=block.kind == "heading") for line in lines if line)


def _is_line_of_itself(line: str, *, heading: bool) -> bool:
    if len(line) > _LONGEST:
        return False
    if not any(character.isalnum() for character in line):
        return True
    if heading and not re.search(r"\d{2}|=", line):
        return True
    plain = plain_title(line)
    if _OF_ITSELF.match(plain) and len(plain.split()) <= 12:
        return True
    read = read_labels(line)
    labelled = bool(read) and not line[read[0].end :].strip(" .:)]*_") and read[0].word != ""
    patterns = (_DATE, _NAME, _MAIL, _COURSE, _CONTENTS)
    return labelled or any(pattern.fullmatch(line) for pattern in patterns)
