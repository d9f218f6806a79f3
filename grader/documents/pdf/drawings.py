"""What is drawn on a page beside its letters: rules, frames, coloured grounds, pictures, and drawn formulas."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from grader.documents.pdf.atoms import Box

_MOST_OBJECTS = 60_000
_MOST_RULES = 1500
_MOST_SHAPES = 4000
_MOST_GROUNDS = 300
_DEEPEST = 6
_THICKEST_RULE = 2.2
_BULLET = 6.0

Matrix = tuple[float, float, float, float, float, float]
_UPRIGHT: Matrix = (1, 0, 0, 1, 0, 0)


class Ground(NamedTuple):
    """A filled area: text drawn after it stands on it, text drawn before lies under it."""

    depth: int
    box: Box
    colour: tuple[int, int, int] | None  # None for a picture or a shading


@dataclass
class Drawn:
    """All of a page, in the order of drawing."""

    level: list[Box] = field(default_factory=list)  # horizontal rules
    upright: list[Box] = field(default_factory=list)  # vertical rules
    slanted: list[Box] = field(default_factory=list)  # single strokes from corner to corner
    frames: list[Box] = field(default_factory=list)  # rectangles that are drawn, not filled
    grounds: list[Ground] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    shapes: list[Box] = field(default_factory=list)  # whatever else is drawn: glyphs as paths, curves
    bullets: list[Box] = field(default_factory=list)
    depths: dict[int, int] = field(default_factory=dict)  # a text object by its address
    inner: set[int] = field(default_factory=set)  # text objects of forms, whose clips are told in other measures
    letters: dict[int, Box] = field(default_factory=dict)  # where a text object stands, by its address
    cut: bool = False  # whether there was more than is read

    def move(self, dx: float, dy: float) -> None:
        """Move everything, in points."""
        for many in (
            self.level, self.upright, self.slanted, self.frames, self.pictures, self.shapes, self.bullets,
        ):  # fmt: skip
            many[:] = [Box(x0 + dx, y0 + dy, x1 + dx, y1 + dy) for x0, y0, x1, y1 in many]
        self.grounds[:] = [
            ground._replace(box=Box(ground.box.x0 + dx, ground.box.y0 + dy, ground.box.x1 + dx, ground.box.y1 + dy))
            for ground in self.grounds
        ]
        self.letters = {
            address: Box(x0 + dx, y0 + dy, x1 + dx, y1 + dy) for address, (x0, y0, x1, y1) in self.letters.items()
        }


class _Object(NamedTuple):
    raw: Any
    kind: int
    matrix: Matrix
    inner: bool


def drawn_on(page: object) -> Drawn:
    """What is drawn on a page of pypdfium2."""
    found = Drawn()
    for depth, item in enumerate(_objects(page, found)):
        if item.kind == pdfium.FPDF_PAGEOBJ_TEXT:
            address = ctypes.addressof(item.raw.contents)
            found.depths[address] = depth
            if item.inner:
                found.inner.add(address)
            if box := _bounds(item):
                found.letters[address] = box
            continue
        box = _bounds(item)
        if box is None:
            continue
        if item.kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            found.pictures.append(box)
            if not pdfium.FPDFPageObj_HasTransparency(item.raw):
                found.grounds.append(Ground(depth, box, None))
        elif item.kind == pdfium.FPDF_PAGEOBJ_SHADING:
            found.grounds.append(Ground(depth, box, None))
        elif item.kind == pdfium.FPDF_PAGEOBJ_PATH:
            _path(item.raw, box, depth, found)
    found.cut |= len(found.level) + len(found.upright) > _MOST_RULES or len(found.shapes) > _MOST_SHAPES
    for many, most in (
        (found.level, _MOST_RULES),
        (found.upright, _MOST_RULES),
        (found.slanted, _MOST_RULES),
        (found.frames, _MOST_RULES),
        (found.shapes, _MOST_SHAPES),
        (found.bullets, _MOST_RULES),
        (found.pictures, _MOST_RULES),
        (found.grounds, _MOST_GROUNDS),
    ):
        del many[most:]
    return found


def _objects(page: object, found: Drawn) -> Iterator[_Object]:
    """The objects of a page and of the forms on it, with what places them on the page."""
    seen = 0
    levels: list[tuple[Iterator[object], Matrix]] = [
        ((pdfium.FPDFPage_GetObject(page, i) for i in range(pdfium.FPDFPage_CountObjects(page))), _UPRIGHT)
    ]
    while levels:
        each, matrix = levels[-1]
        raw = next(each, None)
        if raw is None:
            levels.pop()
            continue
        seen += 1
        if seen > _MOST_OBJECTS:
            found.cut = True
            return
        kind = pdfium.FPDFPageObj_GetType(raw)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            if len(levels) < _DEEPEST:
                count = pdfium.FPDFFormObj_CountObjects(raw)
                inner = (pdfium.FPDFFormObj_GetObject(raw, i) for i in range(max(count, 0)))
                levels.append((inner, _times(_matrix(raw), matrix)))
            else:
                found.cut = True
            continue
        yield _Object(raw, kind, matrix, len(levels) > 1)


def _matrix(raw: object) -> Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(raw, found):
        return _UPRIGHT
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _times(one: Matrix, two: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    p, q, r, s, t, u = two
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _bounds(item: _Object) -> Box | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(item.raw, left, bottom, right, top):
        return None
    return _placed(Box(left.value, bottom.value, right.value, top.value), item.matrix)


def _placed(box: Box, matrix: Matrix) -> Box:
    if matrix == _UPRIGHT:
        return box
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _path(raw: object, box: Box, depth: int, found: Drawn) -> None:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(raw, fill, stroke)
    if not fill.value and not stroke.value:
        return
    paint = _colour(raw, pdfium.FPDFPageObj_GetFillColor if fill.value else pdfium.FPDFPageObj_GetStrokeColor)
    segments = pdfium.FPDFPath_CountSegments(raw)
    if paint is None or paint[3] < 25:
        return
    wide, high = box.x1 - box.x0, box.y1 - box.y0
    if high <= _THICKEST_RULE and wide > 2 * high and segments <= 6:
        if not _white(paint) or not fill.value:
            found.level.append(box)
    elif wide <= _THICKEST_RULE and high > 2 * wide and segments <= 6:
        if not _white(paint) or not fill.value:
            found.upright.append(box)
    elif fill.value and (outline := _outline(raw, segments)):
        if outline == "ring" or stroke.value:
            found.frames.append(box)
        if outline == "area" and paint[3] > 230:
            found.grounds.append(Ground(depth, box, paint[:3]))
    elif stroke.value and _outline(raw, segments) == "area":
        found.frames.append(box)
    elif segments == 2:
        found.slanted.append(box)
    elif wide <= _BULLET and high <= _BULLET and 0.6 < wide / max(high, 0.1) < 1.7:
        found.bullets.append(box)
    elif not _white(paint):
        found.shapes.append(box)


def _white(paint: tuple[int, int, int, int]) -> bool:
    return min(paint[:3]) > 245


def _colour(raw: object, read: object) -> tuple[int, int, int, int] | None:
    parts = [ctypes.c_uint() for _ in range(4)]
    if not read(raw, *parts):  # type: ignore[operator]
        return None
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _outline(raw: object, segments: int) -> str:
    """`area` for a rectangle, whose corners may be round; `ring` for two of them, one in the other; else nothing."""
    if not 4 <= segments <= 60:
        return ""
    x, y = ctypes.c_float(), ctypes.c_float()
    outlines: list[list[tuple[float, float, bool]]] = []
    for i in range(segments):
        segment = pdfium.FPDFPath_GetPathSegment(raw, i)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        if kind == pdfium.FPDF_SEGMENT_MOVETO or not outlines:
            outlines.append([])
        outlines[-1].append((x.value, y.value, kind == pdfium.FPDF_SEGMENT_LINETO))
    outlines = [outline for outline in outlines if len(outline) > 1]
    if not 1 <= len(outlines) <= 2 or not all(len(outline) > 3 and _has_four_sides(outline) for outline in outlines):
        return ""
    return "ring" if len(outlines) == 2 else "area"


def _has_four_sides(outline: list[tuple[float, float, bool]]) -> bool:
    """Whether straight lines run along all sides of the box around an outline."""
    x0, x1 = min(x for x, _, _ in outline), max(x for x, _, _ in outline)
    y0, y1 = min(y for _, y, _ in outline), max(y for _, y, _ in outline)
    near = 0.02 * max(x1 - x0, y1 - y0) + 0.1
    sides: set[str] = set()
    for (ax, ay, _), (bx, by, straight) in zip(outline, outline[1:] + [(*outline[0][:2], True)], strict=True):
        if not straight:
            continue
        if abs(ax - bx) < near and abs(ay - by) >= 0.3 * (y1 - y0):
            sides.update(name for name, x in (("left", x0), ("right", x1)) if abs(ax - x) < near)
        if abs(ay - by) < near and abs(ax - bx) >= 0.3 * (x1 - x0):
            sides.update(name for name, y in (("low", y0), ("high", y1)) if abs(ay - y) < near)
    return len(sides) == 4
