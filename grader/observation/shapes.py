"""Finds shapes in a text: 28x28x8, (8, 28, 28), 8 channels of 28 by 28, height 28, width 28, depth 8.

Every pattern here is linear in the text.
"""

import re
from collections.abc import Iterator

from grader.language.assertions import of_the_input

_TIMES = r"\s*+(?:x|X|×|✕|⨯|\\times|by)\s*+"
_STARS = r"\s*+(?:\*|\\cdot|\\ast)\s*+"  # a product, unless there are three of them
_LIST = r"\s*+(\d+(?:\s*+[,;]\s*+\d+){1,4})\s*+,?+\s*+"
_SHAPE_RE = re.compile(
    rf"(?<![\w.,])((?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:{_TIMES}\d+){{1,4}})(?![\w.]\d|\w|\s*(?:\^|\*\*))"
    rf"|(?<![\w.,])(\d+(?:{_STARS}\d+){{2,4}})(?![\w.]\d|\w|\s*(?:\^|[*+/=]))"
    rf"|(?:(?<!\w)|(?<=[Ss]ize)|(?<=[Ss]hape))\({_LIST}\)"
    rf"|\[{_LIST}\](?!\s*+[,\]])"
    r"|(?:(?<=[Ss]ize\()|(?<=[Ss]hape\s))\[\s*+(\d+)\s*+,?+\s*+\]|\(\s*+(\d+)\s*+,\s*+\)"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d,])")
_ROWS_AND_COLUMNS = re.compile(
    r"(?<![\w.,])(\d+)\s+rows?\s*(?:and|,|by|x|×|times|of)?\s*(\d+)\s+(?:columns?|entries|values)\b"
)
_BATCH = r"(?:N|B|M|n|bs|None|-1|[Bb]atch(?:[ _][Ss]ize)?)"
_BATCHED = re.compile(rf"(?<=[(\[])\s*{_BATCH}\s*,\s*(?=\d)|(?<![\w)]){_BATCH}{_TIMES}(?=\d)")
_COUNTED = (
    r"(?:(?:output|input|feature|color|colour)\s+)?"
    r"(?:channels?|filters?|(?:feature|activation)?\s?maps?|planes?|kernels?|depth)"
)
_CHANNELS_FIRST = re.compile(
    rf"(?<![\w.])(\d+)\s*(?:{_COUNTED}\s*(?:,\s*)?(?:each|with|that\s+are|which\s+are)?\s*(?:of|with|by)?\s*"
    rf"(?:size|shape|dimensions?)?\s*|@\s*)(\d+){_TIMES}(\d+)(?![\w.]\d|\w)"
)
_CHANNELS_LAST = re.compile(
    rf"(?<![\w.])(\d++){_TIMES}(\d++)\s*(?:pixels?|px|images?|outputs?|maps?)?\s*,?\s*(?:with|and|in|for|by|times|x|×)?\s*(?:a\s+depth\s+of\s+|depth\s+)?(\d+)\s*(?:{_COUNTED}|deep)\b"
)
_EXTENT = re.compile(
    r"\b(height|width|depth|channels?|filters?|rows|columns|H|W|C|D)\b\s*(?:=|:|is|of|\()?\s*\$?(\d+)(?![\w.]\d|\w)"
)
_AXES = {
    "height": "h",
    "rows": "h",
    "width": "w",
    "columns": "w",
    "depth": "c",
    "channels": "c",
    "filters": "c",
    "d": "c",
}

_WINDOW = r"(?:kernels?|windows?|strides?|patch(?:es)?|pool(?:ing)?|receptive\s+fields?|filters?|convolutions?)"
_WINDOW_BEFORE = re.compile(
    rf"\b{_WINDOW}(?:\s+sizes?)?(?:\s+(?:of|is|are|with|has|have))*(?:\s+(?:size|shape))?[\s$(:=]*$"
)
_IMAGE_BEHIND = re.compile(r"^[\s$)]*(?:pixels?\s+)?(?:images?|inputs?|pictures?|digits?)\b")
_WINDOW_BEHIND = re.compile(rf"^[\s$)]*{_WINDOW}\b")


def without_batch(text: str) -> str:
    """The text with blanks for a batch's dimension that is no number: (N, 8, 28, 28)."""
    return _BATCHED.sub(lambda match: " " * len(match[0]), text)


def find_shapes(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(start, end, dimensions) of everything that has the form of a shape; none overlap."""
    found: list[tuple[int, int, tuple[str, ...]]] = []
    for pattern in (_CHANNELS_FIRST, _CHANNELS_LAST, _ROWS_AND_COLUMNS):
        found += [(*m.span(), m.groups()) for m in pattern.finditer(text)]
    found += _extents(text)
    found += [
        (*m.span(), tuple(re.findall(r"\d+", m[0].replace(",", "") if _GROUPED.match(m[0]) else m[0])))
        for m in _SHAPE_RE.finditer(text)
    ]
    taken = -1
    for start, end, dims in sorted(found, key=lambda item: (item[0], -item[1])):
        if start >= taken:
            taken = end
            yield start, end, dims


def _extents(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Height, width and depth that are named one by one, close together."""
    group: list[re.Match[str]] = []
    for match in _EXTENT.finditer(text):
        axis = _axis(match[1])
        near = group and match.start() - group[-1].end() <= 12 and axis not in {_axis(m[1]) for m in group}
        group = [*group, match] if near else [match]
        if len(group) == 3:
            dims = {_axis(m[1]): m[2] for m in group}
            yield group[0].start(), match.end(), (dims["h"], dims["w"], dims["c"])
            group = []


def _axis(word: str) -> str:
    word = word.lower()
    return _AXES.get(word) or _AXES.get(f"{word}s") or word


def doubt_of_shape(before: str, after: str) -> str:
    """Whether it is the shape of what goes in, or of a window that moves over it."""
    if of_the_input(before) or (_IMAGE_BEHIND.match(after) and "output" not in before[-60:]):
        return "input"
    return "part" if _WINDOW_BEFORE.search(before[-60:]) or _WINDOW_BEHIND.match(after) else ""
