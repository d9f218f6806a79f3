"""RTF: its words by striprtf, each paragraph a block. What is struck out or hidden is taken out before."""

import re

from striprtf.striprtf import rtf_to_text

from grader.core.document import Block, Cell
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import maths
from grader.documents.format import Beside
from grader.documents.labels import label_at
from grader.documents.text import decode
from grader.documents.words import PLAIN, Style, Words
from grader.documents.writer import Writer

# Signs of a private range, which stand for changes of style until the words are read.
_SIGNS = {"b": "\ue000", "strike": "\ue001", "v": "\ue002", "ul": "\ue003"}
_ENDS = {"b": "\ue010", "strike": "\ue011", "v": "\ue012", "ul": "\ue013"}
_PRIVATE = re.compile("[\ue000-\ue01f]")
_TOKEN = re.compile(r"\\(?:bin\d{1,9} ?|([a-z]{1,32})(-?\d{1,10})?|.)|[{}]", re.DOTALL)
_NAMES = {"b": "b", "strike": "strike", "striked": "strike", "v": "v", "ul": "ul", "ulnone": "ul"}
_CHANGES: dict[str, dict[str, bool | str]] = {
    "b": {"bold": True}, "ul": {"bold": True}, "strike": {"struck": True}, "v": {"hidden": "not displayed"},
}  # fmt: skip


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:  # noqa: ARG001
    """The blocks of a file of RTF. Raises SubmissionError for what is none."""
    if not raw.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{\\rtf"):
        raise SubmissionError("is not RTF", where=file, hint="Hand it in as PDF or Markdown.")
    text = decode(raw.lstrip(b"\xef\xbb\xbf \r\n"), file, "latin-1")
    try:
        words = rtf_to_text(_marked(text), errors="replace")  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001  # whatever a parser of strangers' bytes raises
        raise SubmissionError(f"can't be read as RTF: {error}", where=file) from None
    return _blocks(words, Source(file=file))


def _marked(text: str) -> str:
    """The text with signs where a style begins and ends, which a group does without saying so."""
    parts: list[str] = []
    on: frozenset[str] = frozenset()
    groups: list[frozenset[str]] = []
    at = 0
    for found in _TOKEN.finditer(text):
        before = on
        if found[0] == "{":
            groups.append(on)
        elif found[0] == "}":
            on = groups.pop() if groups else on
        elif found[1] in ("plain",):
            on = frozenset()
        elif name := _NAMES.get(found[1] or ""):
            on = on - {name} if found[2] == "0" or found[1] == "ulnone" else on | {name}
        if on != before:
            changed = [_ENDS[name] for name in sorted(before - on)] + [_SIGNS[name] for name in sorted(on - before)]
            signs = "".join(f"\\u{ord(sign) - 65536}?" for sign in changed)
            end = found.end() + (found[0] not in "{}" and text[found.end() : found.end() + 1] == " ")
            parts += [text[at:end], signs]
            at = end
    parts.append(text[at:])
    return "".join(parts)


def _blocks(text: str, source: Source) -> tuple[Block, ...]:
    out = Writer(source)
    style = PLAIN
    rows: list[list[Cell]] = []
    for line in text.replace("\n|", "|").split("\n"):
        if line.endswith("|"):
            rows.append([_cell(cell) for cell in _PRIVATE.sub("", line).removesuffix("|").split("|")])
            continue
        if rows and line.strip():
            out.table(rows, None)
            rows = []
        label = label_at(_PRIVATE.sub("", line)) if not style.hidden and line[:1] not in _PRIVATE_RANGE else None
        rest = line[label[1] :] if label else line
        at = 0
        for sign in [*_PRIVATE.finditer(rest), None]:
            for words, formula in maths.pieces(rest[at : sign.start() if sign else None]):
                out.words.flow(words, style)
                if formula:
                    out.words.formula(formula.tex, style)
            if sign:
                style = _changed(style, sign[0])
                at = sign.end()
        if label:
            out.end("item", None, level=1, mark=label[0])
        else:
            out.end("paragraph", None)
    if rows:
        out.table(rows, None)
    return tuple(out.blocks)


def _cell(text: str) -> Cell:
    words = Words()
    for plain, formula in maths.pieces(text):
        words.flow(plain)
        if formula:
            words.formula(formula.tex)
    return words.take()


_PRIVATE_RANGE = tuple(chr(code) for code in range(0xE000, 0xE020))


def _changed(style: Style, sign: str) -> Style:
    for name, begin in _SIGNS.items():
        if sign == begin:
            return style._replace(**_CHANGES[name])  # type: ignore[arg-type]
        if sign == _ENDS[name]:
            return style._replace(**dict.fromkeys(_CHANGES[name], "" if name == "v" else False))  # type: ignore[arg-type]
    return style
