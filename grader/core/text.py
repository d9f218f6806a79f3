"""Bytes that strangers call text, as text: the encodings that editors write, with a mark or without."""

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LOOKED_AT = 4096
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\v\b\x1b\x1a")


def encoding_of(raw: bytes) -> str | None:
    """The encoding of a text by its beginning; None for bytes that are no text.

    UTF-16 without a mark is known by its zeros: every other byte of Latin letters is one.
    """
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), None)
    if marked:
        return marked
    head = raw[:_LOOKED_AT]
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if odd > len(head) // 8 and even <= odd // 8:
            return "utf-16-le"
        if even > len(head) // 8 and odd <= even // 8:
            return "utf-16-be"
        return None
    return None if sum(byte in _CONTROLS for byte in head) > len(head) // 100 else "utf-8"


def decoded(raw: bytes) -> str:
    """The text of these bytes, its lines ended by `\\n`; what is no letter in its encoding is replaced."""
    encoding = encoding_of(raw) or "utf-8"
    if encoding == "utf-8":
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = _single_bytes(raw)
    else:
        text = raw.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _single_bytes(raw: bytes) -> str:
    """Western Windows' letters where nothing in the bytes is UTF-8; else UTF-8 with some bytes broken."""
    broken = raw.decode("utf-8", "replace")
    whole = sum(not letter.isascii() and letter != "\ufffd" for letter in broken)
    return broken if whole else raw.decode("cp1252", "replace")
