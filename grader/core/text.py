"""Bytes that strangers call text, as text: the encodings that editors write, with a mark or without."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 4096
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\v\b\x1b\x1a")
_LETTERS = re.compile(r"[^\x00-\x7f\ufffd]+")


def encoding_of(raw: bytes) -> str | None:
    """The encoding of a text by its beginning; None for bytes that are no text."""
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), None)
    if marked:
        return marked
    head = raw[:_LOOKED_AT]
    if b"\0" in head:
        return _wide(head) or None
    return None if sum(byte in _CONTROLS for byte in head) > len(head) // 100 else "utf-8"


def decoded(raw: bytes, named: str = "") -> str:
    """The text of these bytes, its lines ended by `\\n`; what is no letter in its encoding is replaced.

    A mark at the beginning goes before the encoding that a document has `named`, and that before guessing.
    """
    return _decoded(raw, named).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes, named: str) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if encoding := _wide(raw[:_LOOKED_AT]):
        return raw.decode(encoding, "replace")
    if named:
        try:
            return raw.decode(named, "replace")
        except (LookupError, ValueError):
            pass  # no encoding, or none of text
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _single_bytes(raw)


def _wide(head: bytes) -> str:
    """The encoding of text without a mark that takes two or four bytes a letter, by the zeros in those of Latin."""
    if b"\0" not in head:
        return ""
    zeros = [head[place::4].count(0) for place in range(4)]
    few = len(head) // 32
    if min(zeros[1:]) * 8 > len(head) and zeros[0] <= few:
        return "utf-32-le"
    if min(zeros[:3]) * 8 > len(head) and zeros[3] <= few:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd * 8 > len(head) and even <= odd // 8:
        return "utf-16-le"
    return "utf-16-be" if even * 8 > len(head) and odd <= even // 8 else ""


def _single_bytes(raw: bytes) -> str:
    """Western Windows' letters where little in the bytes is UTF-8; else UTF-8 with some bytes broken."""
    text = raw.decode("utf-8", "replace")
    whole = sum(map(len, _LETTERS.findall(text)))
    return text if whole > text.count("\ufffd") else raw.decode("cp1252", "replace")


def whole(text: str) -> str:
    """The text without half characters, as names of files may hold them: it can be written anywhere."""
    return text.encode("utf-8", "replace").decode()
