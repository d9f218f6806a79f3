"""Reads numbers, shapes and matrices from a text, and how clearly each is asserted.

Every pattern here is linear in the text: a document is untrusted, and may be a megabyte of brackets.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice

from grader.core.evidence import Reading
from grader.core.source import Source

_THOUSANDS = r"(?:,|\{,\}|\\,|[\u00a0\u2009\u202f]|\ (?=000(?!\d)))"
_NUMBER = rf"[-+−]?(?:\d{{1,3}}(?:{_THOUSANDS}\d{{3}})+(?![\d,])|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_NUMBER_RE = re.compile(rf"(?<![\w.,]){_NUMBER}(?P<unit>\s*\\?%|\s?[kKM]\b)?(?![\w]|[.,]\d)")
_TIMES = r"\s*+(?:x|X|×|\\times|by)\s*+"
_LIST = r"\s*+(\d+(?:\s*+,\s*+\d+){1,4})\s*+,?+\s*+"
_SHAPE_RE = re.compile(
    rf"(?<![\w.])(\d+(?:{_TIMES}\d+){{1,4}})(?![\w.]\d|\w)"
    rf"|(?:(?<!\w)|(?<=[Ss]ize)|(?<=[Ss]hape))\({_LIST}\)"
    rf"|\[{_LIST}\](?!\s*+[,\]])"
)
_CALL = re.compile(r"(?<=\w)\(\s*+\d++(?:\s*+,\s*+\d++)*+\s*+\)")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORD_RE = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)

_MATRIX_NAME = r"\{(?:[bpvBV]?(?:small)?matrix\*?|array)\}"
_LATEX_MATRIX = re.compile(
    rf"\\begin{_MATRIX_NAME}(?:\{{[lcr|\s]*+\}})?((?:(?!\\begin\{{).)*?)\\end{_MATRIX_NAME}", re.DOTALL
)
_NESTED_LIST = re.compile(r"\[\s*+(\[[^\[\]]*+\](?:\s*+,?+\s*+\[[^\[\]]*+\])*+)\s*+,?+\s*+\]")
_SEMICOLONS = re.compile(r"\[([^\[\];]++(?:;[^\[\];]++)++)\]")
_LATEX_ROWS = re.compile(r"\\\\(?:\[[^\]]{0,20}\])?|\\hline")
_LIST_ROWS = re.compile(r"\]\s*+,?+\s*+\[")
_CELLS = re.compile(r"[\s,]+")
_FRACTION = re.compile(
    r"([-+−]?)(?:\\[dt]?frac\s*(?:\{\s*(\d{1,15})\s*\}\s*\{\s*(\d{1,15})\s*\}|(\d)\s*(\d))|(\d{1,15})\s*/\s*(\d{1,15}))"
)
_DECIMAL = re.compile(r"[-+−]?(?:\d{1,300}\.?\d{0,300}|\.\d{1,300})(?:[eE][-+]?\d{1,3})?")
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}

_OPERATOR = r"(?:[*/·×^]|\\cdot|\\times)"
_OPERATOR_BEFORE = re.compile(rf"(?:{_OPERATOR}|\w\(|[\d)]\s*[-+])\s*\(?\s*$")
_OPERATOR_AFTER = re.compile(
    rf"\s*(?:{_OPERATOR}+\s*[\w({{\\$]|[-+]\s*[\d(\\])|\(\s*\d|\s*(?:[A-Za-z]+\s+){{1,2}}(?:[*·×]|\\cdot|\\times|\+\s*\d|x\s+\d)"
)
_EQUALS = re.compile(r"\s*\$?\s*(?:=|≈|\\approx)")
_EXPRESSION = re.compile(rf"[\s$]*=[\s$]*\(?\s*\d+\s*(?:{_OPERATOR}|[-+(]|x\s*\d)")
_ASSERTING = re.compile(
    r"(?:=|≈|\\approx|→|\\rightarrow|:|\b(?:is|are|has|have|equals|gives|get|needs?|so|thus|therefore|hence|exactly"
    r"|totals?|total\s+of))\s*[$*_]*\s*$"
)
_FINAL = re.compile(r"(?:\\boxed\s*\{|\banswer\s*(?:is|:|=)\s*[$*_]*)\s*$", re.IGNORECASE)

_TEXT_MACRO = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:bf|rm|it)|emph|underline)\s*+\{([^{}]*)\}")
_MACRO = re.compile(r"\\[A-Za-z]+")
_RETRACTED = re.compile(r"~~[^~\n]+~~|\\(?:cancel|sout)\{[^{}]*\}")
_INVISIBLE = re.compile(r"\\(?:left|right)(?![A-Za-z])|^[ \t]*+[*+-](?=[ \t])", re.MULTILINE)
_EMPHASIS = tuple(
    re.compile(rf"(?<![\w){mark}])({mark}{{1,2}})(?=[^\s{mark}])([^{mark}\n]*+)(?<=\S)\1(?![\w{mark}])")
    for mark in (r"\*", "_")
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z(])|\n\s*\n|\n(?=\s*[-*|\d])")
_NO_LEAD = frozenset({"image", "images", "matrix", "input", "output", "example", "sample", "picture", "and", "the"})
_MOST_READINGS = 2000
_MOST_TEXT = 1_000_000
_MOST_DIGITS = 11

_Fields = dict[str, object]
_Matrices = list[tuple[int, int, list[list[float]]]]


def read_answers(text: str, file: str, first_line: int) -> tuple[Reading, ...]:
    """All values in the text, in order, up to caps that no answer comes near.

    `first_line` is the line of the file that the text begins in.
    """
    text = text[:_MOST_TEXT]
    plain = _INVISIBLE.sub(_blank, without_retracted(text))
    for emphasis in _EMPHASIS:
        plain = emphasis.sub(_without_marks, plain)
    words = _TEXT_MACRO.sub(lambda m: m[1].ljust(len(m[0])), plain)
    formula = _TEXT_MACRO.sub(lambda m: (m[1] if re.search(r"\d", m[1]) else "").ljust(len(m[0])), plain)
    matrices = list(islice(_matrices(words), _MOST_READINGS))
    words_left, formula_left = [_without(t, ((a, b) for a, b, _ in matrices)) for t in (words, formula)]
    shapes = list(_SHAPE_RE.finditer(formula_left))
    numbers_left = _CALL.sub(_blank, _without(formula_left, (m.span() for m in shapes)))
    found = [
        *_matrix_readings(words, matrices),
        *islice(_shape_readings(shapes, words_left, formula_left), _MOST_READINGS),
        *islice(_number_readings(numbers_left, words_left, formula_left), _MOST_READINGS),
        *islice(_word_readings(words_left), _MOST_READINGS),
    ]
    found.sort(key=lambda item: item[0])
    line_ends = [match.start() for match in re.finditer("\n", text)]
    return tuple(
        Reading.model_validate(
            {**fields, "source": Source(file=file, line=first_line + bisect_right(line_ends, position))}
        )
        for position, fields in found[:_MOST_READINGS]
    )


def without_retracted(text: str) -> str:
    """The text with blanks for what is struck out: it isn't asserted."""
    return _RETRACTED.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _without_marks(match: re.Match[str]) -> str:
    """Words in bold or italics without the marks, unless these are signs of multiplication: `8 *5* 3`."""
    if re.search(r"[\d)]\s*$", match.string[max(0, match.start() - 20) : match.start()]):
        return match[0]
    space = " " * len(match[1])
    return f"{space}{match[2]}{space}"


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these parts blank, line ends kept; they come in order and don't overlap."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], re.sub(r"[^\n]", " ", text[start:end])]
        last = end
    return "".join([*parts, text[last:]])


def _matrices(text: str) -> Iterator[tuple[int, int, list[list[float]]]]:
    taken = 0
    kinds = ((_LATEX_MATRIX, _LATEX_ROWS, "&"), (_NESTED_LIST, _LIST_ROWS, ""), (_SEMICOLONS, re.compile(";"), ""))
    matches = [(m, rows, cells) for pattern, rows, cells in kinds for m in pattern.finditer(text)]
    for match, rows, cells in sorted(matches, key=lambda item: item[0].start()):
        if match.start() < taken:
            continue
        values = [_row(row, cells) for row in rows.split(match[1].strip().strip("[]")) if row.strip()]
        complete = [row for row in values if row]
        if complete and len(complete) == len(values) and len({len(row) for row in complete}) == 1:
            taken = match.end()
            yield match.start(), match.end(), complete


def _row(text: str, separator: str) -> list[float] | None:
    cells = text.split(separator) if separator else _CELLS.split(re.sub(r"\s*+/\s*+", "/", text))
    values = [_plain_number(cell.strip().strip("$").strip()) for cell in cells if cell.strip()]
    return None if None in values else [v for v in values if v is not None]


def _plain_number(text: str) -> float | None:
    if text in _VULGAR:
        return _VULGAR[text]
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        top, bottom = [int(part) for part in fraction.groups()[1:] if part]
        return (-1 if fraction[1] in ("-", "−") else 1) * top / bottom if bottom else None
    value = float(text.replace("−", "-")) if _DECIMAL.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def _matrix_readings(text: str, matrices: _Matrices) -> Iterator[tuple[int, _Fields]]:
    lead, last = "", 0
    for start, end, rows in matrices:
        lead, last = _lead(text[last:start]) or lead, end
        yield (
            start,
            {
                "kind": "matrix",
                "matrix": tuple(tuple(row) for row in rows),
                "text": " ".join(text[start : min(end, start + 1000)].split())[:200],
                "strength": "asserted",
                "lead": lead,
            },
        )


def _lead(between: str) -> str:
    """The last line that names something, between a matrix and the one before; none where they stand in a row."""
    for line in reversed(between.split("\n")):
        named = re.findall(r"[a-z]{3,}", _MACRO.sub(" ", line.lower()))
        if any(word not in _NO_LEAD for word in named):
            return line.strip().lower()[-200:]
    return ""


def _shape_readings(shapes: list[re.Match[str]], words: str, formula: str) -> Iterator[tuple[int, _Fields]]:
    for match in shapes:
        start, end = match.span()
        dims = re.findall(r"\d+", match[0])
        if any(len(n) > _MOST_DIGITS for n in dims) or re.search(
            rf"(?:{_OPERATOR}|\d\s*[-+])\s*$", formula[max(0, start - 20) : start]
        ):
            continue
        if re.match(r"\s*(?:=|[+]\s*\d)", formula[end : end + 20]):
            continue  # the factors of a product: what follows it is the value
        before, after = _around(words, start, end)
        common = {"strength": _strength(words, start), "before": before, "after": after}
        shape = tuple(int(n) for n in dims)
        yield start, {"kind": "shape", "shape": shape, "text": " ".join(match[0].split()), **common}
        for part in re.finditer(r"\d+", match[0]):
            yield start + part.start(), {"kind": "number", "number": float(part[0]), "text": part[0], **common}


def _number_readings(text: str, words: str, formula: str) -> Iterator[tuple[int, _Fields]]:
    for match in _NUMBER_RE.finditer(text):
        start, end = match.span()
        value = None if _operand(formula, start, end) else _value(match)
        if value is not None:
            before, after = _around(words, start, end)
            yield (
                start,
                {
                    "kind": "number",
                    "number": value,
                    "text": match[0].strip(),
                    "strength": _strength(words, start),
                    "before": before,
                    "after": after,
                },
            )


def _word_readings(text: str) -> Iterator[tuple[int, _Fields]]:
    for match in _WORD_RE.finditer(text):
        before, after = _around(text, match.start(), match.end())
        yield (
            match.start(),
            {
                "kind": "number",
                "number": float(_WORDS.index(match[1].lower())),
                "text": match[0],
                "strength": "mentioned",
                "before": before,
                "after": after,
            },
        )


def _operand(text: str, start: int, end: int) -> bool:
    """Whether the number is part of a calculation, whose result stands elsewhere."""
    before, after = text[max(0, start - 20) : start], text[end : end + 60]
    if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
        return True
    return bool(_EQUALS.match(after)) and not _EXPRESSION.match(after)


def _value(match: re.Match[str]) -> float | None:
    unit = (match["unit"] or "").strip().lstrip("\\")
    digits = match[0][: len(match[0]) - len(match["unit"] or "")]
    number = float(re.sub(r"[^\d.eE+-]", "", digits.replace("−", "-")))
    scale = {"%": 0.01, "k": 1e3, "K": 1e3, "M": 1e6}.get(unit, 1.0)
    scaled = round(number * scale, 12) if scale != 1 and math.isfinite(number) else number
    return scaled if math.isfinite(scaled) else None


def _strength(text: str, start: int) -> str:
    before = text[max(0, start - 40) : start]
    if _FINAL.search(before):
        return "final"
    return "asserted" if _ASSERTING.search(before) else "mentioned"


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """The rest of the sentence before and after, lower case."""
    window = 240
    before = _SENTENCE_END.split(text[max(0, start - window) : start])[-1]
    if before.rstrip(" \t").endswith("\n") and not _ASSERTING.search(before):
        before = ""  # a line that begins with the value is an item of its own, unless the line above leads to it
    after = _SENTENCE_END.split(text[end : end + window])[0]
    return before.lower(), after.lower()
