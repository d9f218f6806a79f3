"""Reads numbers, shapes and matrices from an answer, and what is said of each.

Every pattern here is linear in the text: a document is untrusted, and may be a megabyte of brackets.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from grader.core.document import Block, Run
from grader.core.evidence import Reading
from grader.core.source import Source
from grader.language.assertions import around, doubt_of, in_ranges, of_the_input, strength_of
from grader.language.numbers import Number, decimal_comma, normalised, read_numbers, read_words
from grader.observation.matrices import Rows, entry, find_matrices, rows_of_code
from grader.observation.operands import OPERATOR, is_operand
from grader.observation.shapes import doubt_of_shape, find_shapes, without_batch

_CALL = re.compile(r"(?<=\w)\(\s*+\d++(?:\s*+,\s*+\d++)*+\s*+\)")
_TEXT_MACRO = re.compile(
    r"\\(?:text(?:bf|it|rm|tt)?|math(?:bf|rm|it|sf|tt)|emph|underline|mbox|operatorname|bm|boldsymbol)\s*+\{([^{}]*)\}"
)
# A matrix that is worked out: what follows is the value.
_WORKED_OUT = re.compile(r"[\s)\]]*(?:=|\\approx|≈)[\s$(\[\d./]*(?:\\(?:begin|left|[dt]?frac|cdot)|\[)")
_OF_MATRICES = ("denied", "withdrawn", "another's", "question")
_MACRO = re.compile(r"\\[A-Za-z]+")
_STRUCK = re.compile(r"\\(?:cancel|bcancel|xcancel|sout|st)\{[^{}]*\}|\\phantom\{[^{}]*\}")
_INVISIBLE = re.compile(r"\\(?:left|right|bigl?|bigr?|Bigl?|Bigr?)(?![A-Za-z])")
_SUBSCRIPT = re.compile(r"_\{[^{}\n]{0,40}\}")  # names a thing, and is no value
_NO_LEAD = frozenset({"image", "images", "matrix", "input", "output", "example", "sample", "picture", "and", "the"})
_GOES_ON = re.compile(r"(?::|=|\b(?:is|are|be|by|get|gives|have|as|of))\s*$", re.IGNORECASE)
_MOST_READINGS = 2000
_MOST_TEXT = 1_000_000
_MOST_ROWS = 100
_MOST_DIGITS = 11
_DIMENSION = dict.fromkeys(("", "part", "input"), "dimension")  # what a number in a shape is, rather than an answer
_SMALL_WORD = 12
_TOTAL = re.compile(r"\b(?:total|sum|altogether|overall|gesamt|summe)\b", re.IGNORECASE)

_Fields = dict[str, object]
_Matrices = list[tuple[int, int, Rows]]


class _Place(NamedTuple):
    """Where in the text a piece of a block begins: a cell of a table has the words of its row and column `above` it.

    `bullet` holds the words of a list's only item: its mark may as well be a minus sign.
    """

    start: int
    source: Source
    quoted: bool
    above: str
    bullet: str = ""


def read_answers(blocks: Sequence[Block]) -> tuple[Reading, ...]:
    """All values in an answer, in order, up to caps that no answer comes near.

    What is struck out or hidden isn't read. A cell of a table is read with the words of its row and its column.
    """
    text, places = _joined(blocks)
    text = normalised(text)
    plain = _INVISIBLE.sub(_blank, _STRUCK.sub(_blank, text))
    words = _TEXT_MACRO.sub(lambda m: m[1].ljust(len(m[0])), plain)
    formula = _TEXT_MACRO.sub(lambda m: (m[1] if re.search(r"\d", m[1]) else "").ljust(len(m[0])), plain)
    comma = decimal_comma(text)
    matrices = list(islice(find_matrices(words, comma=comma), _MOST_READINGS))
    words_left, formula_left = [_without(t, ((a, b) for a, b, _ in matrices)) for t in (words, formula)]
    shapes = sorted(find_shapes(without_batch(formula_left)))
    numbers_left = _CALL.sub(_blank, _without(formula_left, ((a, b) for a, b, _ in shapes)))
    numbers_left = _SUBSCRIPT.sub(_blank, numbers_left)
    numbers = list(islice(read_numbers(numbers_left, comma=comma), _MOST_READINGS))
    found = [
        *_matrix_readings(words, matrices),
        *islice(_shape_readings(shapes, words_left, formula_left), _MOST_READINGS),
        *islice(_number_readings(numbers, words_left, formula_left), _MOST_READINGS),
        *(
            (number.start, _stated(number, words_left, in_words=True))
            for number in islice(read_words(words_left), _MOST_READINGS)
        ),
    ]
    found += _written_out(blocks, places, comma=comma)
    found.sort(key=lambda item: item[0])
    starts = [place.start for place in places]
    return tuple(
        _reading(fields, position, text, places[max(0, bisect_right(starts, position) - 1)])
        for position, fields in found[:_MOST_READINGS]
    )


def _reading(fields: _Fields, position: int, text: str, place: _Place) -> Reading:
    source = place.source.below(text.count("\n", place.start, position))
    if place.bullet and fields["text"] == place.bullet.rstrip("."):
        fields = {**fields, "others": (*fields.get("others", ()), -float(fields.get("number") or 0))}  # type: ignore[misc, arg-type]
    if place.quoted and not fields.get("doubt"):
        fields = {**fields, "doubt": "quoted"}
    if place.above and fields["kind"] != "matrix":
        strength = "asserted" if fields["strength"] == "mentioned" else fields["strength"]
        fields = {
            **fields,
            "before": f"{place.above.lower()}: {fields.get('before', '')}",
            "sentence": f"{place.above}: »{fields['text']}«",
        }
        fields["strength"] = "final" if _TOTAL.search(place.above) else strength
        if fields["kind"] == "shape" and not fields["doubt"] and of_the_input(place.above.lower()):
            fields["doubt"] = "input"
    return Reading.model_validate({**fields, "source": source})


def _joined(blocks: Sequence[Block]) -> tuple[str, list[_Place]]:
    """The words of the blocks as one text, and where each begins. A displayed formula goes on with its sentence."""
    parts: list[str] = []
    places: list[_Place] = []
    length = 0
    last = ""
    for number, block in enumerate(blocks):
        only = _is_only_item(blocks, number)
        for piece, above in _pieces(block):
            if not piece.strip():
                continue
            shown = block.kind in ("formula", "code")
            on = (shown and _GOES_ON.search(last)) or (last.endswith("$") and piece[:1].islower())
            separator = "" if not parts else " " if on else "\n\n"
            length += len(separator)
            bullet = piece.strip() if only else ""
            places.append(_Place(length, block.source, block.kind == "quotation", above, bullet))
            parts += [separator, piece]
            length += len(piece)
            last = piece[-60:].rstrip()
        if length > _MOST_TEXT:
            break
    return "".join(parts)[:_MOST_TEXT], places or [_Place(0, Source(file=""), False, "")]


def _is_only_item(blocks: Sequence[Block], number: int) -> bool:
    """Whether a block is a list of one item, without a label."""
    if blocks[number].kind != "item" or blocks[number].mark:
        return False
    beside = (*blocks[max(0, number - 1) : number], *blocks[number + 1 : number + 2])
    return all(other.kind != "item" for other in beside)


def _pieces(block: Block) -> Iterator[tuple[str, str]]:
    """(words, the words of a cell's row and column) of a block: one piece, or one a cell."""
    if block.kind != "table":
        yield _words(block.runs, display=block.kind == "formula"), ""
        return
    header = [_words(cell) for cell in block.rows[0]] if block.rows else []
    titled = any(name.strip() for name in header) and not any(re.search(r"\d", name) for name in header[1:])
    for number, row in enumerate(block.rows):
        cells = [_words(cell) for cell in row]
        label = cells[0] if cells else ""
        for column, cell in enumerate(cells):
            above = header[column] if titled and number and column < len(header) else ""
            beside = label if column else ""
            yield cell, " ".join(f"{beside} {above}".split()) or " "


def _words(runs: Sequence[Run], *, display: bool = False) -> str:
    mark = "$$" if display else "$"
    before: list[Run | None] = [None, *runs]
    return "".join(
        f"{mark}{run.text}{mark}" if run.formula else _starred(run, last)
        for last, run in zip(before, runs, strict=False)
        if not (run.hidden or run.struck)
    )


def _starred(run: Run, last: Run | None) -> str:
    """The words; a number in italics right behind another is a product whose stars were taken for marks: 8 *5* 3."""
    if run.italic and last and re.fullmatch(r"\s*\d+\s*", run.text) and re.search(r"[\d)]\s*$", last.text[-40:]):
        return f"*{run.text}*"
    return run.text


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these parts blank, line ends kept; they come in order and don't overlap."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], re.sub(r"[^\n]", " ", text[start:end])]
        last = end
    return "".join([*parts, text[last:]])


def _matrix_readings(text: str, matrices: _Matrices) -> Iterator[tuple[int, _Fields]]:
    lead, last = "", 0
    for start, end, rows in matrices:
        lead, last = _lead(text[last:start]) or lead, end
        before, after = around(text, start, end)
        doubt = doubt_of(before, after, text[end : end + 200], "")
        yield (
            start,
            {
                "kind": "matrix",
                "matrix": tuple(tuple(row) for row in rows) or None,
                "text": " ".join(text[start : min(end, start + 1000)].split())[:200],
                "strength": "final" if strength_of(before, after) == "final" else "asserted",
                "doubt": "part" if _WORKED_OUT.match(after) else doubt if doubt in _OF_MATRICES else "",
                "lead": lead,
                "sentence": _sentence(before, text[start:end], after),
            },
        )


def _written_out(blocks: Sequence[Block], places: Sequence[_Place], *, comma: bool) -> Iterator[tuple[int, _Fields]]:
    """Matrices as tables of nothing but numbers, and as rows of numbers in code."""
    starts = {id(place.source): place.start for place in reversed(places)}
    for block in blocks:
        if block.kind == "table":
            rows = [[_words(cell).strip(" $") for cell in row] for row in block.rows]
            values = [[entry(cell, comma=comma) for cell in row] for row in rows if any(row)][:_MOST_ROWS]
        elif block.kind == "code":
            values = rows_of_code(block.text, comma=comma)[:_MOST_ROWS]
        else:
            continue
        even = len(values) > 1 and len(values[0]) > 1 and len({len(row) for row in values}) == 1
        if even and id(block.source) in starts and all(value is not None for row in values for value in row):
            text = "; ".join(" ".join(f"{value:g}" for value in row if value is not None) for row in values)[:200]
            fields = {"kind": "matrix", "matrix": tuple(map(tuple, values)), "text": text, "strength": "asserted"}
            yield starts[id(block.source)], {**fields, "doubt": "", "lead": "", "before": "", "sentence": text}


def _lead(between: str) -> str:
    """The last line that names something, between a matrix and the one before; none where they stand in a row."""
    for line in reversed(between.split("\n")):
        named = re.findall(r"[a-z]{3,}", _MACRO.sub(" ", line.lower()))
        if any(word not in _NO_LEAD for word in named):
            return line.strip().lower()[-200:]
    return ""


def _shape_readings(
    shapes: list[tuple[int, int, tuple[str, ...]]], words: str, formula: str
) -> Iterator[tuple[int, _Fields]]:
    for start, end, dims in shapes:
        if any(len(n) > _MOST_DIGITS for n in dims) or re.search(
            rf"(?:{OPERATOR}|\d\s*[-+])\s*$", formula[max(0, start - 20) : start]
        ):
            continue
        if re.match(r"\s*(?:=|[+]\s*\d)", formula[end : end + 20]):
            continue  # the factors of a product: what follows it is the value
        text = " ".join(formula[start:end].split())
        common = _said(words, start, end, text)
        if common["doubt"] in ("", "reference", "part"):
            common["doubt"] = doubt_of_shape(str(common["before"]), str(common["after"]))
        yield start, {"kind": "shape", "shape": tuple(map(int, dims)), "text": text, **common}
        for part in re.finditer(r"\d+", formula[start:end]):
            fields = {"kind": "number", "number": float(part[0]), "text": part[0], **common}
            yield start + part.start(), {**fields, "doubt": _DIMENSION.get(str(common["doubt"]), common["doubt"])}


def _number_readings(numbers: Sequence[Number], words: str, formula: str) -> Iterator[tuple[int, _Fields]]:
    ranges = in_ranges(formula, numbers)
    for position, number in enumerate(numbers):
        if not is_operand(formula, number.start, number.end):
            fields = _stated(number, words)
            if position in ranges and not fields["doubt"]:
                fields["doubt"] = "range"
            yield number.start, fields


def _stated(number: Number, words: str, *, in_words: bool = False) -> _Fields:
    """A number with what is said of it. Small ones in words are rather articles: "one filter", "the two layers"."""
    text = words[number.start : number.end].strip()
    fields = _said(words, number.start, number.end, text)
    return {
        "kind": "number",
        "number": number.value,
        "others": number.others,
        "unlikely": number.unlikely,
        "percent": number.percent,
        "text": text,
        **fields,
        **({"doubt": "article"} if in_words and not fields["doubt"] and abs(number.value or 0) <= _SMALL_WORD else {}),
    }


def _said(words: str, start: int, end: int, text: str) -> _Fields:
    """What the words around a value say of it."""
    before, after = around(words, start, end)
    return {
        "strength": strength_of(before, after) if before.strip(" $*_\n") or after.strip(" .$*_\n") else "asserted",
        "doubt": doubt_of(before, after, words[end : end + 200], text),
        "before": before.lower(),
        "after": after.lower(),
        "sentence": _sentence(before, words[start:end], after),
    }


def _sentence(before: str, value: str, after: str) -> str:
    """The sentence with its value marked."""
    marked = f"{' '.join(before.split())} »{' '.join(value.split())}« {' '.join(after.split())}".strip()
    return re.sub(r"« (?=[.,;:!?)$])", "«", marked)[:400]
