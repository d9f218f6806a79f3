"""Bytes become text, and text what a reader sees of it: the one place that knows encodings and invisible characters."""

import codecs
import re

from grader.core.errors import SubmissionError

# More than any report holds; pictures that are written into the text are cut out before it is measured.
MOST_CHARACTERS = 8_000_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PICTURE = re.compile(r"data:[\w/+.-]{0,100}(?:;[\w=-]{0,40}){0,3};base64,[A-Za-z0-9+/=%]*")
_CONTROLS = dict.fromkeys([*range(9), *range(0x0E, 0x20), 0x7F]) | {0x0B: " ", 0x0C: " "}
# What has no width: soft hyphens, joiners, marks of direction, selectors of variants, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_BACKWARDS = re.compile("\u202e([^\u202c\n]*)\u202c?")
_SPACES = str.maketrans({"\u00a0": " ", "\u115f": " ", "\u1160": " ", "\u3164": " ", "\u2800": " "})


def decode(raw: bytes, file: str, encoding: str = "") -> str:
    """The text in these bytes, its lines ended by `\\n`, without the pictures that are written into it.

    An `encoding` that the document names goes before guessing, a byte order mark before both. Raises SubmissionError
    for what is no text, or too much of it.
    """
    text = _decoded(raw, encoding)
    text = _PICTURE.sub("#picture", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > MOST_CHARACTERS:
        raise SubmissionError(f"holds more than {MOST_CHARACTERS:,} characters of text", where=file)
    if text.count("\0") * 20 > len(text):
        raise SubmissionError("is not text", where=file, hint="Hand it in as Markdown, LaTeX, HTML or PDF.")
    return text.translate(_CONTROLS)


def visible(text: str) -> str:
    """The text as it is seen: nothing without width, and what is turned round in the order in which it shows."""
    if text.isascii():
        return text
    text = _BACKWARDS.sub(lambda match: match[1][::-1], text)
    return _INVISIBLE.sub("", text).translate(_SPACES)


def _decoded(raw: bytes, encoding: str) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    if name := _wide(raw[:4096]):
        return raw.decode(name, "replace")
    if encoding:
        try:
            return raw.decode(encoding, "replace")
        except (LookupError, ValueError):
            pass  # no encoding, or none of text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    # A stray byte in a document in UTF-8, or one in the encoding of old Windows editors.
    return text if sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text))) > broken else raw.decode("cp1252", "replace")


def _wide(start: bytes) -> str:
    """The encoding of text without a mark that takes two or four bytes a character, by its zero bytes."""
    if len(start) < 4 or 0 not in start:
        return ""
    zeros = [sum(byte == 0 for byte in start[place::4]) * 4 / len(start) for place in range(4)]
    most = [share > 0.6 for share in zeros]
    return {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }.get((most[0], most[1], most[2], most[3]), "")
