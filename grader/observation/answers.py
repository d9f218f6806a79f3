"""Reads numbers, shapes and matrices from an answer, and what is said of each.

Every pattern here is linear in the text: a document is untrusted, and may be a megabyte of brackets.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from grader.core.document import Block, Run
from grader.core.evidence import Reading
from grader.core.source import Source
from grader.language.assertions import around, doubt_of, in_ranges, of_the_input, strength_of
from grader.language.numbers import Number, decimal_comma, normalised, read_numbers, read_words, single_number

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
_CALL = re.compile(r"(?<=\w)\(\s*+\d++(?:\s*+,\s*+\d++)*+\s*+\)")
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

_MATRIX_NAME = r"\{(?:[bpvBV]?(?:small)?matrix\*?|array)\}"
_LATEX_MATRIX = re.compile(
    rf"\\begin{_MATRIX_NAME}(?:\{{[lcr|\s]*+\}})?((?:(?!\\begin\{{).)*?)\\end{_MATRIX_NAME}", re.DOTALL
)
_NORM = re.compile(r"\\begin\{[vV](?:small)?matrix")
_NESTED_LIST = re.compile(r"\[\s*+(\[[^\[\]]*+\](?:\s*+,?+\s*+\[[^\[\]]*+\])*+)\s*+,?+\s*+\]")
_SEMICOLONS = re.compile(r"\[([^\[\];]++(?:;[^\[\];]++)++)\]")
_LATEX_ROWS = re.compile(r"\\\\(?:\[[^\]]{0,20}\])?|\\hline|\\cr(?![A-Za-z])")
_LIST_ROWS = re.compile(r"\]\s*+,?+\s*+\[")
_CELLS = re.compile(r"[\s,]+")
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_FACTOR = re.compile(
    r"(?P<sign>[-−–])?\s*(?:\\[dt]?frac\s*(?:\{\s*(?P<top>\d{1,9})\s*\}\s*\{\s*(?P<bottom>\d{1,9})\s*\}|(?P<t>\d)(?P<b>\d))"
    r"|\(?(?<![\w.])(?P<number>\d{1,9}(?:\.\d{1,9})?)(?:\s*/\s*(?P<over>\d{1,9}))?\)?|(?P<vulgar>[½¼¾⅓⅔]))?"
    r"\s*(?:\\cdot|\\times|\*|·|×|\\,|\\;)?\s*(?:\\left)?\s*[(\[]?\s*$"
)
_BEHIND_MATRIX = re.compile(
    r"\s*(?:\\right)?\s*[)\]]?\s*\^\s*\{?\s*(?:(?P<t>\\top|T|\\intercal|\\mathsf\s*\{?T\}?|\\mathrm\{T\}|')|(?P<else>[^\s}]))"
)

_FUNCTION = r"(?:max|min|log|ln|exp|sin|cos|tanh?|sigma|sqrt|arctan)(?![A-Za-z])"
# What makes another matrix of it, or no matrix: a determinant, a function, a sum or product that isn't worked out.
_MORE_MATRIX = re.compile(
    r"\s*\}?\s*(?:\\right)?\s*[)\]]?\s*(?:(?:[/@]|\*|\\cdot|\\times|[-+−])\s*(?:[\d(\[]|\\(?:begin|left|[dt]?frac)|[A-Za-z]\b)|\.T\b"
    r"|\\(?:begin|left)(?![A-Za-z]))"
)
_OF_MATRIX = re.compile(
    rf"(?:\\(?:det|inv|tr|rank|{_FUNCTION}|alpha|beta|gamma|lambda|eta|mu|epsilon|pi)(?![A-Za-z])\s*(?:\\left)?[{{(|]?"
    r"|\b(?:relu|softmax|sigmoid|tanh|det|inv|pinv|exp|log|abs|norm|tr|rank|transpose)\s*(?:\\left)?\s*\(?|√"
    r"|\^\s*(?:\{\s*-?\d{1,3}\s*\}|\d)|[\w)}\]]\s*[-+−]|(?<![A-Za-z\\])[A-Za-z]\s*(?:\\cdot|\\times|\*)?)\s*(?:\\left)?\s*$",
    re.IGNORECASE,
)

_CALLED = re.compile(
    r"\b(?:relu|softmax|sigmoid|tanh|det|inv|pinv|exp|log|abs|norm|trace|transpose)\(\s*$", re.IGNORECASE
)
# A matrix that is worked out: what follows is the value.
_WORKED_OUT = re.compile(r"[\s)\]]*(?:=|\\approx|≈)[\s$(\[\d./]*(?:\\(?:begin|left|[dt]?frac|cdot)|\[)")
_OF_MATRICES = ("denied", "withdrawn", "another's", "question")
_WINDOW = r"(?:kernels?|windows?|strides?|patch(?:es)?|pool(?:ing)?|receptive\s+fields?|filters?|convolutions?)"
_WINDOW_BEFORE = re.compile(
    rf"\b{_WINDOW}(?:\s+sizes?)?(?:\s+(?:of|is|are|with|has|have))*(?:\s+(?:size|shape))?[\s$(:=]*$"
)
_IMAGE_BEHIND = re.compile(r"^[\s$)]*(?:pixels?\s+)?(?:images?|inputs?|pictures?|digits?)\b")
_WINDOW_BEHIND = re.compile(rf"^[\s$)]*{_WINDOW}\b")
_OPERATOR = r"(?:[*/·×^⋅]|\\cdot|\\times|\\div)"
_OPERATOR_BEFORE = re.compile(
    rf"(?:{_OPERATOR}|\w\(|[\d)]\s*[-+−–]|(?:[\d)%]|\w{(3,)})\s+(?:times|plus|minus|divided\s+by))\s*\(?\s*$"
)
_OPERATOR_AFTER = re.compile(
    rf"\s*(?:{_OPERATOR}+\s*[\w({{\\$]|(?<!\n)[-+−]\s*[\d(\\]|[-+−]\s+[\d(\\]|(?:times|plus|minus|divided\s+by)\s+[\w(])|\(\s*\d"
    r"|\s*(?:[A-Za-z]+\s+){1,2}(?:[*·×]|\\cdot|\\times|\+\s*\d|(?:x|times|plus)\s+\d)"
)
# What a number stands in or with that makes another value of it: a root, a power, a function, a constant, a sign.
_WITHIN = re.compile(
    rf"(?:√|∝|\\propto|\\(?:sqrt(?:\[\d\])?|{_FUNCTION})\s*(?:\\left)?[{{(]?|\^\s*\{{?|\w\((?:[^()\n]{{0,20}},)?"
    r"|\\[lr]?vert|\\left\s*\||\\\||\bat\s+\$?[A-Za-z]\s*=)[\s{$]*$"
)
_MADE_ANOTHER = re.compile(
    rf"\s*[)}}\]]*\s*(?:\^|\*\*|[²³⁴]|\\(?:pi|{_FUNCTION})(?![A-Za-z])|π|√|{_FUNCTION}\s*[\d(])|!\s*\$"
)
_NEGATED = re.compile(r"[-−–]\s*(?:\\left\s*)?[(\[{]\s*$|[|∣]$")
_EQUALS = re.compile(r"\s*\)?\s*\$?\s*(?:=|≈|\\approx)")
_EXPRESSION = re.compile(rf"[\s$]*=[\s$]*\(?\s*\d+\s*(?:{_OPERATOR}|[-+(]|x\s*\d)")

_TEXT_MACRO = re.compile(
    r"\\(?:text(?:bf|it|rm|tt)?|math(?:bf|rm|it|sf|tt)|emph|underline|mbox|operatorname|bm|boldsymbol)\s*+\{([^{}]*)\}"
)
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
_Matrices = list[tuple[int, int, list[list[float]]]]


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
    matrices = list(islice(_matrices(words, comma=comma), _MOST_READINGS))
    words_left, formula_left = [_without(t, ((a, b) for a, b, _ in matrices)) for t in (words, formula)]
    unbatched = _BATCHED.sub(_blank, formula_left)
    shapes = sorted(_shapes(unbatched))
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


def _matrices(text: str, *, comma: bool) -> Iterator[tuple[int, int, list[list[float]]]]:
    """Each matrix with the factor before it multiplied in; empty where a part of it can't be read."""
    taken = 0
    kinds = ((_LATEX_MATRIX, _LATEX_ROWS, "&"), (_NESTED_LIST, _LIST_ROWS, ""), (_SEMICOLONS, re.compile(";"), ""))
    matches = [(m, rows, cells) for pattern, rows, cells in kinds for m in pattern.finditer(text)]
    for match, rows, cells in sorted(matches, key=lambda item: item[0].start()):
        if match.start() < taken:
            continue
        values = [_row(row, cells, comma=comma) for row in rows.split(match[1].strip().strip("[]")) if row.strip()]
        complete = [row for row in values if row]
        if complete and len(complete) == len(values) and len({len(row) for row in complete}) == 1:
            taken = match.end()
            norm = _NORM.match(match[0])
            yield match.start(), match.end(), [] if norm else _scaled(complete, text, match.start(), match.end())
        elif complete and cells:
            taken = match.end()
            yield match.start(), match.end(), []


def _scaled(rows: list[list[float]], text: str, start: int, end: int) -> list[list[float]]:
    """The matrix times what stands before it, transposed where it says so; empty for another power."""
    behind = _BEHIND_MATRIX.match(text, end)
    if behind and behind["else"]:
        return []
    before = text[max(0, start - 40) : start]
    if (
        _MORE_MATRIX.match(text[end : end + 40])
        or (text[start] == "\\" and _OF_MATRIX.search(before))
        or _CALLED.search(before)
    ):
        return []
    if behind:
        rows = [list(row) for row in zip(*rows, strict=True)]
    found = _FACTOR.search(before)
    factor = _factor(found) if found else 1.0
    return rows if factor == 1.0 else [[round(factor * x, 15) for x in row] for row in rows]


def _factor(match: re.Match[str]) -> float:
    value = 1.0
    if match["top"] or match["t"]:
        value = float(match["top"] or match["t"]) / (float(match["bottom"] or match["b"]) or math.nan)
    elif match["vulgar"]:
        value = _VULGAR[match["vulgar"]]
    elif match["number"]:
        value = float(match["number"]) / (float(match["over"] or 1) or math.nan)
    value = -value if match["sign"] else value
    return value if math.isfinite(value) else 1.0


def _row(text: str, separator: str, *, comma: bool) -> list[float] | None:
    cells = text.split(separator) if separator else _CELLS.split(re.sub(r"\s*+/\s*+", "/", text))
    values = [_entry(cell, comma=comma) for cell in cells if cell.strip()]
    return None if None in values else [v for v in values if v is not None]


def _entry(cell: str, *, comma: bool) -> float | None:
    number = single_number(cell, comma=comma)
    return number.value if number else None


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
        elif block.kind == "code":
            rows = [_CELLS.split(line.strip(" []")) for line in block.text.split("\n") if line.strip()]
        else:
            continue
        rows = [row for row in rows if any(row)][:_MOST_ROWS]
        values = [[_entry(cell, comma=comma) for cell in row] for row in rows]
        even = len(values) > 1 and len(values[0]) > 1 and len({len(row) for row in values}) == 1
        if even and id(block.source) in starts and all(value is not None for row in values for value in row):
            text = "; ".join(" ".join(row) for row in rows)[:200]
            fields = {"kind": "matrix", "matrix": tuple(map(tuple, values)), "text": text, "strength": "asserted"}
            yield starts[id(block.source)], {**fields, "doubt": "", "lead": "", "before": "", "sentence": text}


def _lead(between: str) -> str:
    """The last line that names something, between a matrix and the one before; none where they stand in a row."""
    for line in reversed(between.split("\n")):
        named = re.findall(r"[a-z]{3,}", _MACRO.sub(" ", line.lower()))
        if any(word not in _NO_LEAD for word in named):
            return line.strip().lower()[-200:]
    return ""


def _shapes(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
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


def _shape_readings(
    shapes: list[tuple[int, int, tuple[str, ...]]], words: str, formula: str
) -> Iterator[tuple[int, _Fields]]:
    for start, end, dims in shapes:
        if any(len(n) > _MOST_DIGITS for n in dims) or re.search(
            rf"(?:{_OPERATOR}|\d\s*[-+])\s*$", formula[max(0, start - 20) : start]
        ):
            continue
        if re.match(r"\s*(?:=|[+]\s*\d)", formula[end : end + 20]):
            continue  # the factors of a product: what follows it is the value
        text = " ".join(formula[start:end].split())
        common = _said(words, start, end, text)
        if common["doubt"] in ("", "reference", "part"):
            common["doubt"] = _doubt_of_shape(str(common["before"]), str(common["after"]))
        yield start, {"kind": "shape", "shape": tuple(map(int, dims)), "text": text, **common}
        for part in re.finditer(r"\d+", formula[start:end]):
            fields = {"kind": "number", "number": float(part[0]), "text": part[0], **common}
            yield start + part.start(), {**fields, "doubt": _DIMENSION.get(str(common["doubt"]), common["doubt"])}


def _doubt_of_shape(before: str, after: str) -> str:
    """Whether it is the shape of what goes in, or of a window that moves over it."""
    if of_the_input(before) or (_IMAGE_BEHIND.match(after) and "output" not in before[-60:]):
        return "input"
    return "part" if _WINDOW_BEFORE.search(before[-60:]) or _WINDOW_BEHIND.match(after) else ""


def _number_readings(numbers: Sequence[Number], words: str, formula: str) -> Iterator[tuple[int, _Fields]]:
    ranges = in_ranges(formula, numbers)
    for position, number in enumerate(numbers):
        if not _operand(formula, number.start, number.end):
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
    return f"{' '.join(before.split())} »{' '.join(value.split())}« {' '.join(after.split())}".strip()[:400]


def _operand(text: str, start: int, end: int) -> bool:
    """Whether the number is part of a calculation, whose result stands elsewhere."""
    before, after = text[max(0, start - 20) : start].rpartition("\n\n")[2], text[end : end + 60].partition("\n\n")[0]
    if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
        return True
    if _WITHIN.search(before) or _MADE_ANOTHER.match(after):
        return True
    if text[start] in "-−–" and _NEGATED.search(before):
        return True
    return bool(_EQUALS.match(after)) and not _EXPRESSION.match(after)
