"""The words of a page in their places: what PDFium knows of each character, gathered as far as it stays together."""

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pypdfium2.raw as pdfium

from grader.documents.pdf.atoms import Atom, Box, Style
from grader.documents.pdf.drawings import Drawn
from grader.documents.pdf.fonts import is_extensible, large_symbol, letter, style_of

MOST_CHARACTERS = 60_000
UNKNOWN = "\ufffd"  # a letter that the document doesn't name
_GAP = 0.17  # of the size of letters: what parts words
WHITE, GROUND = "white text", "text in the colour of its ground"
COVERED, CLIPPED = "covered", "clipped away"
_TINY = 3.0
_MOST_NAMELESS = 2000
_ALIKE = 30  # how far apart colours are, of 255, that nobody tells apart
_INVISIBLE = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_ACCENTS = dict(
    zip(
        "´`¨ˆ˜ˇ˘˚¯˙¸˝ˊˋ",
        "\u0301\u0300\u0308\u0302\u0303\u030c\u0306\u030a\u0304\u0307\u0327\u030b\u0301\u0300",
        strict=True,
    )
)
_DOTLESS = {"ı": "i", "ȷ": "j"}
_ALONE = frozenset("()[]{}|‖⌊⌋⌈⌉⟨⟩√∑∏∫∮⋃⋂⋁⋀∐⎛⎜⎝⎞⎟⎠⎡⎢⎣⎤⎥⎦⎧⎨⎩⎪⎫⎬⎭⏐∥∣")
_OPERATORS = frozenset("=+−×·÷≈≤≥<>≠∈→±*⋅∗")


class _Ink(NamedTuple):
    """What the characters of one text object have in common."""

    style: Style
    size: float
    direction: float  # degrees, anticlockwise
    extensible: bool
    hidden: str
    colour: tuple[int, int, int]
    depth: int


class _Character(NamedTuple):
    text: str
    ink: _Ink
    box: Box  # from advance to advance
    base: float
    low: float
    high: float
    spaced: bool
    hyphen: bool


@dataclass
class Words:
    """The words of a page: along its main direction, and those that run across. `turn` is its main direction."""

    along: list[Atom] = field(default_factory=list)
    across: list[str] = field(default_factory=list)
    turn: int = 0
    width: float = 0
    height: float = 0
    cut: bool = False


def words_of(textpage: object, page_box: Box, drawn: Drawn, most: int = MOST_CHARACTERS) -> Words:
    """The words of a page. What is drawn on it is turned with them."""
    found = Words()
    count = pdfium.FPDFText_CountChars(textpage)
    found.cut = count > most
    inks: dict[int, tuple[_Ink, Box | None]] = {}
    characters = list(_characters(textpage, min(count, most), page_box, drawn, inks))
    turns: dict[float, int] = {}
    for each in characters:
        turns[each.ink.direction] = turns.get(each.ink.direction, 0) + 1
    square = {turn: many for turn, many in turns.items() if turn % 90 == 0}
    found.turn = int(max(square, key=lambda turn: square[turn], default=0))
    upright = [each for each in characters if each.ink.direction == found.turn]
    if found.turn:
        upright = [_turned(each, found.turn, page_box) for each in upright]
        _turn(drawn, found.turn, page_box)
    quarter = found.turn % 180 != 0
    found.width, found.height = (page_box.height, page_box.width) if quarter else (page_box.width, page_box.height)
    scan = any(box.width * box.height > 0.6 * found.width * found.height for box in drawn.pictures)
    atoms = list(_gathered(upright, drawn, scan))
    nameless = [] if found.cut or drawn.cut else [box for address, box in drawn.letters.items() if address not in inks]
    if found.turn:
        nameless = [turned(box, found.turn, page_box) for box in nameless]
    nameless = [box for box in nameless if box.width > 0.5 and box.height > 0.5][:_MOST_NAMELESS]
    found.along, rest = _grown(atoms, nameless)
    drawn.shapes.extend(_uncovered(rest, atoms))
    found.across = _across([each for each in characters if each.ink.direction != found.turn])
    return found


def _characters(
    textpage: object, count: int, page_box: Box, drawn: Drawn, inks: dict[int, tuple[_Ink, Box | None]]
) -> Iterator[_Character]:
    """The characters of a page; what is known of each text object is gathered in `inks`."""
    loose, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    unicode_of, object_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetTextObject
    loose_of, origin_of, tight_of = (
        pdfium.FPDFText_GetLooseCharBox,
        pdfium.FPDFText_GetCharOrigin,
        pdfium.FPDFText_GetCharBox,
    )
    dx, dy = page_box.x0, page_box.y0
    spaced = False
    lead = 0
    for i in range(count):
        code = unicode_of(textpage, i)
        raw = object_of(textpage, i)
        if not raw:
            spaced = True
            continue
        address = ctypes.addressof(raw.contents)
        if address not in inks:
            inks[address] = _ink(textpage, i, raw, address, drawn), None if address in drawn.inner else _clip(raw)
        ink, clip = inks[address]
        if 0xD800 <= code < 0xDC00:
            lead = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((lead - 0xD800) << 10) + (code - 0xDC00) if lead else 0xFFFD
        lead = 0
        hyphen = False
        if ink.extensible:
            if code == 32 and pdfium.FPDFText_IsGenerated(textpage, i):
                continue
            text = large_symbol(code)
        elif code == 2:
            text, hyphen = "-", True
        elif code in (0xAD, 0x200B, 0xFEFF):
            hyphen = code == 0xAD
            text = "-" if hyphen else ""
        else:
            text = letter(code)
        if len(text) == 1 and unicodedata.category(text) == "Cc" and code not in (9, 10, 13, 32):
            text = UNKNOWN
        if code <= 32 and text != UNKNOWN and not ink.extensible and not hyphen or not text or text.isspace():
            spaced = True
            continue
        loose_of(textpage, i, loose)
        origin_of(textpage, i, x, y)
        box = Box(loose.left - dx, loose.bottom - dy, loose.right - dx, loose.top - dy)
        base = y.value - dy
        low, high = base, base + 0.7 * ink.size
        if not text.isalnum() or ink.direction:
            tight_of(textpage, i, left, right, bottom, top)
            low, high = bottom.value - dy, top.value - dy
        if not ink.hidden:
            hidden = ""
            if not page_box.holds((loose.left + loose.right) / 2, (loose.bottom + loose.top) / 2, 2):
                hidden = "outside of the page"
            elif clip and not clip.holds((loose.left + loose.right) / 2, y.value + 0.2 * ink.size, 1):
                hidden = CLIPPED
            if hidden:
                ink = ink._replace(hidden=hidden)
        if text in ".,/" and ink.style.math:  # TeX takes the point of 0.5 from its font for letters
            ink = ink._replace(style=ink.style._replace(math=False, italic=False))
        if not text.isascii():
            text = _plain(text)
            if ink.style.math is False and 0x1D400 <= code < 0x1D800:
                ink = ink._replace(style=ink.style._replace(math=True))
        yield _Character(text, ink, box, base, low, high, spaced, hyphen)
        spaced = False


def _plain(text: str) -> str:
    """Ligatures as their letters, letters of mathematical alphabets as letters; accents and units stay."""
    folded = unicodedata.normalize("NFKC", text)
    return folded if folded.isalnum() and not ("\u00b2" <= text <= "\u00be" or "\u2070" <= text <= "\u209f") else text


def _ink(textpage: object, i: int, raw: object, address: int, drawn: Drawn) -> _Ink:
    flags = ctypes.c_int()
    buffer = ctypes.create_string_buffer(200)
    known = pdfium.FPDFText_GetFontInfo(textpage, i, buffer, 200, flags)
    name = buffer.value.decode("utf-8", "replace") if known else ""
    style = style_of(name, flags.value)
    matrix = pdfium.FS_MATRIX()
    scale, direction = 1.0, 0.0
    if pdfium.FPDFText_GetMatrix(textpage, i, matrix):
        scale = math.hypot(matrix.c, matrix.d) or 1.0
        direction = round(math.degrees(math.atan2(matrix.b, matrix.a)), 0) % 360
        if direction in (1, 2, 358, 359):  # a page that was laid on the scanner by hand
            direction = 0.0
    size = abs(pdfium.FPDFText_GetFontSize(textpage, i)) * scale
    mode = pdfium.FPDFTextObj_GetTextRenderMode(raw)
    parts = [ctypes.c_uint() for _ in range(4)]
    stroked = mode in (pdfium.FPDF_TEXTRENDERMODE_STROKE, pdfium.FPDF_TEXTRENDERMODE_STROKE_CLIP)
    read = pdfium.FPDFText_GetStrokeColor if stroked else pdfium.FPDFText_GetFillColor
    painted = read(textpage, i, *parts)
    red, green, blue, alpha = (part.value for part in parts) if painted else (0, 0, 0, 255)
    if mode == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE:
        style = style._replace(bold=True)
    hidden = ""
    if mode in _INVISIBLE:
        hidden = "invisible text"
    elif size < _TINY:
        hidden = "tiny text"
    elif alpha < 25:
        hidden = "transparent text"
    extensible = is_extensible(name)
    return _Ink(style, size, direction, extensible, hidden, (red, green, blue), drawn.depths.get(address, -1))


def _clip(raw: object) -> Box | None:
    """The box around what an object is clipped to."""
    path = pdfium.FPDFPageObj_GetClipPath(raw)
    count = pdfium.FPDFClipPath_CountPaths(path) if path else 0
    x, y = ctypes.c_float(), ctypes.c_float()
    found: Box | None = None
    for number in range(min(count, 20)):
        xs, ys = [], []
        for i in range(min(pdfium.FPDFClipPath_CountPathSegments(path, number), 50)):
            segment = pdfium.FPDFClipPath_GetPathSegment(path, number, i)
            if pdfium.FPDFPathSegment_GetPoint(segment, x, y):
                xs.append(x.value)
                ys.append(y.value)
        if xs:
            box = Box(min(xs), min(ys), max(xs), max(ys))
            found = (
                box
                if found is None
                else Box(max(found.x0, box.x0), max(found.y0, box.y0), min(found.x1, box.x1), min(found.y1, box.y1))
            )
    return found


def turned(box: Box, turn: int, page: Box) -> Box:
    """A box of a page whose text runs in this direction, on the page as it is read."""
    wide, high = page.width, page.height
    if turn == 90:
        return Box(box.y0, wide - box.x1, box.y1, wide - box.x0)
    if turn == 180:
        return Box(wide - box.x1, high - box.y1, wide - box.x0, high - box.y0)
    return Box(high - box.y1, box.x0, high - box.y0, box.x1)


def _turned(each: _Character, turn: int, page: Box) -> _Character:
    box = turned(each.box, turn, page)
    base = box.y0 + 0.2 * each.ink.size
    return each._replace(box=box, base=base, low=base, high=base + 0.7 * each.ink.size)


def _turn(drawn: Drawn, turn: int, page: Box) -> None:
    level = [turned(box, turn, page) for box in drawn.level]
    upright = [turned(box, turn, page) for box in drawn.upright]
    drawn.level, drawn.upright = (level, upright) if turn == 180 else (upright, level)
    for many in (drawn.slanted, drawn.frames, drawn.pictures, drawn.shapes, drawn.bullets):
        many[:] = [turned(box, turn, page) for box in many]
    drawn.grounds[:] = [ground._replace(box=turned(ground.box, turn, page)) for ground in drawn.grounds]


def _gathered(characters: list[_Character], drawn: Drawn, scan: bool) -> Iterator[Atom]:
    """Characters that stand together in one style, as words."""
    word: list[_Character] = []
    order = 0
    for each in _accented(characters):
        if word and not _together(word[-1], each, word[0]):
            yield _atom(word, order, drawn, scan)
            order += 1
            word = []
        word.append(each)
    if word:
        yield _atom(word, order, drawn, scan)


def _together(last: _Character, new: _Character, first: _Character) -> bool:
    size = max(last.ink.size, 0.1)
    if new.box == last.box and new.ink is last.ink:
        return True  # a ligature
    gap = new.box.x0 - last.box.x1
    return (
        not new.spaced
        and last.ink.style == new.ink.style
        and abs(last.ink.size - new.ink.size) < 0.05 * size
        and last.ink.hidden == new.ink.hidden
        and last.ink.colour == new.ink.colour
        and abs(last.base - new.base) < 0.06 * size
        and -0.35 * size < gap < (_GAP if new.ink is last.ink else 0.1) * size
        and new.text not in _ALONE
        and last.text not in _ALONE
        and not last.hyphen
        and (first.text in _OPERATORS) == (new.text in _OPERATORS)
    )


def _accented(characters: list[_Character]) -> Iterator[_Character]:
    """Accents that were printed over letters become one with them."""
    held: _Character | None = None
    last: _Character | None = None
    for each in characters:
        if held:
            size = held.ink.size
            over = abs((held.box.x0 + held.box.x1) - (each.box.x0 + each.box.x1)) < 0.8 * size
            if over and each.text.isalpha() and abs(each.base - held.base) < 0.6 * size:
                each = each._replace(text=_composed(each.text, held.text), spaced=held.spaced or each.spaced)
            else:
                if last:
                    yield last
                last = held
            held = None
        if each.text in _ACCENTS:
            if last and last.text.isalpha() and _covers(last, each):
                last = last._replace(text=_composed(last.text, each.text))
            else:
                held = each
            continue
        if last:
            yield last
        last = each
    yield from (each for each in (last, held) if each)


def _covers(base: _Character, accent: _Character) -> bool:
    inside = base.box.x0 - 0.1 * base.ink.size < (accent.box.x0 + accent.box.x1) / 2 < base.box.x1
    return inside and abs(base.base - accent.base) < 0.6 * base.ink.size


def _composed(base: str, accent: str) -> str:
    return unicodedata.normalize("NFC", _DOTLESS.get(base, base) + _ACCENTS[accent])


def _atom(word: list[_Character], order: int, drawn: Drawn, scan: bool) -> Atom:
    first = word[0]
    ink = first.ink
    text = "".join(each.text for each in word)
    box = Box(
        min(each.box.x0 for each in word),
        min(each.low for each in word),
        max(each.box.x1 for each in word),
        max(each.high for each in word),
    )
    hidden = ink.hidden
    if hidden == "invisible text" and scan:
        hidden = ""
    elif not hidden:
        hidden = _on_its_ground(box, ink, drawn, scan)
    return Atom(
        text=unicodedata.normalize("NFC", text),
        box=box,
        base=first.base,
        size=ink.size,
        style=ink.style,
        order=order,
        spaced=first.spaced,
        hidden=hidden,
        hyphen=word[-1].hyphen,
        tall=len(text) == 1 and text in _ALONE and (ink.extensible or box.height > 1.3 * ink.size),
        single=len(text) == 1 and text in _ALONE,
    )


def _on_its_ground(box: Box, ink: _Ink, drawn: Drawn, scan: bool) -> str:
    """Why nobody sees a word where it stands; empty where it is seen."""
    ground: tuple[int, int, int] | None = (255, 255, 255)
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    for area in drawn.grounds:
        if area.box.holds(x, y):
            if ink.depth < 0 or area.depth < ink.depth:
                ground = area.colour
            elif area.colour is not None or not scan:
                return COVERED if area.colour is not None else "covered by a picture"
    if ground is None or max(abs(one - two) for one, two in zip(ground, ink.colour, strict=True)) >= _ALIKE:
        return ""
    return WHITE if min(ground) > 245 else GROUND


def _grown(atoms: list[Atom], nameless: list[Box]) -> tuple[list[Atom], list[Box]]:
    """Brackets with the pieces that prolong them, which fonts give no name; and the pieces that are left."""
    if not nameless:
        return atoms, []
    edges: dict[int, list[Box]] = {}
    for box in nameless:
        for edge in {round(box.x0), round(box.x1)}:
            edges.setdefault(edge, []).append(box)
    used: set[Box] = set()
    found = []
    for atom in atoms:
        if atom.single and atom.text in "()[]{}|‖⎡⎢⎣⎤⎥⎦⎛⎜⎝⎞⎟⎠":
            low, high, size = atom.box.y0, atom.box.y1, atom.size
            near = [
                b for e in (atom.box.x0, atom.box.x1) for i in (-1, 0, 1) for b in edges.get(round(e) + i, [])[:200]
            ]
            near = [box for box in near if box.x0 > atom.box.x0 - 1.5 and box.x1 < atom.box.x1 + 1.5]
            for box in sorted(near, key=lambda box: -box.y1):
                if box.y0 < low and abs(box.y1 - low) < 0.25 * size:
                    low = box.y0
                    used.add(box)
            for box in sorted(near, key=lambda box: box.y0):
                if box.y1 > high and abs(box.y0 - high) < 0.25 * size:
                    high = box.y1
                    used.add(box)
            atom = atom._replace(box=atom.box._replace(y0=low, y1=high), tall=atom.tall or high - low > 1.3 * size)
        found.append(atom)
    return found, [box for box in nameless if box not in used]


def _uncovered(boxes: list[Box], atoms: list[Atom]) -> list[Box]:
    """Those where no letter stands: what was printed twice for boldness has its name at the first."""
    if not boxes:
        return []
    places: dict[tuple[int, int], list[Box]] = {}
    for atom in atoms:
        for column in range(int(atom.box.x0 // 30), int(atom.box.x1 // 30) + 1):
            places.setdefault((column, int(atom.y // 30)), []).append(atom.box)
    return [
        box
        for box in boxes
        if not any(
            other.holds((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, 2)
            for i in (-1, 0, 1)
            for other in places.get((int((box.x0 + box.x1) // 60), int((box.y0 + box.y1) // 60) + i), [])[:100]
        )
    ]


def _across(characters: list[_Character]) -> list[str]:
    """Words that run in another direction than the page: as they were written, a line for each run of them."""
    lines: list[str] = []
    last: _Character | None = None
    for each in characters:
        if each.ink.hidden:
            continue
        near = last and last.ink.direction == each.ink.direction
        if near and last:
            distance = math.hypot(each.box.x0 - last.box.x0, each.box.y0 - last.box.y0)
            near = distance < 4 * max(last.ink.size, 1)
        if not near:
            lines.append("")
        lines[-1] += (" " if each.spaced and lines[-1] else "") + each.text
        last = each
    return lines
