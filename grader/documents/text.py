"""Bytes become text, and text what a reader sees of it: without pictures, control and invisible characters."""

import re

from grader.core.errors import SubmissionError
from grader.core.text import decoded

# More than any report holds; pictures that are written into the text are cut out before it is measured.
MOST_CHARACTERS = 8_000_000

_PICTURE = re.compile(r"data:[\w/+.-]{0,100}(?:;[\w=-]{0,40}){0,3};base64,[A-Za-z0-9+/=%]*")
_CONTROLS = dict.fromkeys([*range(9), *range(0x0E, 0x20), 0x7F]) | {0x0B: " ", 0x0C: " "}
# What has no width: soft hyphens, joiners, marks of direction, selectors of variants, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_BACKWARDS = re.compile("\u202e([^\u202c\n]*)\u202c?")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u115f": " ", "\u1160": " ", "\u3164": " ", "\u2800": " "})


def decode(raw: bytes, file: str, encoding: str = "") -> str:
    """The text in these bytes, its lines ended by `\\n`, without the pictures that are written into it.

    An `encoding` that the document names goes before guessing, a byte order mark before both. Raises SubmissionError
    for what is no text, or too much of it.
    """
    text = _PICTURE.sub("#picture", decoded(raw, encoding))
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
