"""Text and numbers made fit to show: what a student wrote must not steer a terminal, a page or a reader's eye."""

import math
import re

_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, direction overrides and isolates, invisible marks and tags. Joiners stay: scripts and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str, limit: int = 4000) -> str:
    """Text without terminal escapes, control, direction-changing and invisible characters; cut at `limit`."""
    # Ten times the limit is room enough for escapes, and bounds the work on a hostile text.
    text = _LINE_ENDS.sub("\n", _ANSI.sub("", text[: 10 * limit]))
    text = _SURROGATES.sub("\ufffd", _UNSEEN.sub("", text))
    return text if len(text) <= limit else text[:limit].rstrip() + " …"


def one_line(text: str, limit: int = 300) -> str:
    """The same on one line."""
    return " ".join(plain(text, limit).split())


def points(value: float) -> str:
    """Points as people write them: 8, 6.5, 0.25; a dash for what is no number."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def point_words(value: float) -> str:
    """`1 point`, `2.5 points`."""
    return f"{points(value)} point{'' if value == 1 else 's'}"


def counted(number: int, what: str) -> str:
    """`1 check`, `3 checks`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
