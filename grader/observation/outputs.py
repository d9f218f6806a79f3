"""What the saved outputs of a cell show, as text: as a terminal or a browser would leave it standing."""

import html
import re
from collections.abc import Iterator

from nbformat import NotebookNode

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[ -/]?[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[@-Z\\^_])")
_OVERWRITTEN = re.compile(r"\r|\x08+")
_NOT_SHOWN = re.compile(r"<(script|style)\b[^<>]{0,500}>[^<]{0,100000}</\1\s{0,9}>", re.IGNORECASE)
_NEW_LINE = re.compile(r"</?(?:br|p|div|tr|li|ul|ol|table|thead|tbody|h[1-6]|pre)\b[^<>]{0,500}>", re.IGNORECASE)
_NEXT_CELL = re.compile(r"</t[dh]\s{0,9}>", re.IGNORECASE)
_TAG = re.compile(r"<[/!a-zA-Z][^<>]{0,1000}>")
_NO_TEXT = re.compile(r"\s*(?:<[\w.]{1,80} object(?: at 0x[0-9a-f]{1,16})?>|<Figure size .{1,60}>)\s*")
_MOST_TEXT = 1_000_000


def output_texts(cell: NotebookNode) -> Iterator[tuple[str, bool]]:
    """(the text of each saved output of a cell, whether it is the cell's value); streams in a row are one text."""
    stream: list[str] = []
    name = ""
    for output in cell.get("outputs", []):
        kind, data = output.get("output_type"), output.get("data")
        if kind == "stream":
            if stream and output.get("name") != name:
                yield shown("".join(stream)), False
                stream = []
            name = output.get("name") or ""
            stream.append(_whole(output.get("text")))
            continue
        if stream:
            yield shown("".join(stream)), False
            stream = []
        if kind != "error" and isinstance(data, dict):
            yield shown(_text_of(data)), kind == "execute_result"
        elif kind != "error" and output.get("text"):  # as nbformat 3 has them
            yield shown(_whole(output.get("text"))), False
    if stream:
        yield shown("".join(stream)), False


def shown(text: str) -> str:
    """What a terminal leaves standing: no escapes, and of a line written over again and again what was written last."""
    text = text[-_MOST_TEXT:]
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" not in text and "\x08" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(next((part for part in reversed(_OVERWRITTEN.split(line)) if part.strip()), "") for line in lines)


def _text_of(data: dict[str, object]) -> str:
    """The text of a rich output: its plain form, else the words of its Markdown or HTML."""
    plain = _whole(data.get("text/plain"))
    if plain.strip() and not _NO_TEXT.fullmatch(plain[:500]):
        return plain
    if "text/markdown" in data:
        return re.sub(r"\*\*|__|`", "", _whole(data["text/markdown"]))
    return _words_of_html(_whole(data["text/html"])) if "text/html" in data else plain


def _words_of_html(text: str) -> str:
    text = _NOT_SHOWN.sub(" ", text[-_MOST_TEXT:])
    if "</t" in text.lower():  # a row of a table is a line, however its source is broken
        text = _NEXT_CELL.sub("   ", " ".join(line.strip() for line in text.split("\n")))
    lines = html.unescape(_TAG.sub("", _NEW_LINE.sub("\n", text))).split("\n")
    return "\n".join(line for line in lines if line.strip())


def _whole(text: object) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")
