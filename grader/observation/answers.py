"""Reads numbers, shapes and matrices from a text, and how clearly each is asserted."""

import re
from collections.abc import Iterator

from grader.core.evidence import Reading, Source

_NUMBER = r"[-+−]?(?:\d{1,3}(?:(?:,|\{,\})\d{3})+(?![\d,])|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_TIMES = r"\s*(?:x|X|×|\\times|by)\s*"
_NUMBER_RE = re.compile(rf"(?<![\w.,]){_NUMBER}(?P<unit>\s*\\?%|\s?[kKM]\b)?(?![\w]|[.,]\d)")
_SHAPE_RE = re.compile(
    rf"(?<![\w.])(\d+(?:{_TIMES}\d+){{1,4}})(?![\w.]\d|\w)"
    r"|\(\s*(\d+(?:\s*,\s*\d+){1,4})\s*,?\s*\)"
    r"|\[\s*(\d+(?:\s*,\s*\d+){1,4})\s*\](?!\s*[,\]])"
)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORD_RE = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
_LATEX_MATRIX = re.compile(r"\\begin\{[bpvB]?(?:small)?matrix\}(.*?)\\end\{[bpvB]?(?:small)?matrix\}", re.DOTALL)
_NESTED_LIST = re.compile(r"\[\s*(\[[^\[\]]*\](?:\s*,?\s*\[[^\[\]]*\])*)\s*\]")
_SEMICOLONS = re.compile(r"\[([^\[\];]+(?:;[^\[\];]+)+)\]")
_OPERATOR_BEFORE = re.compile(r"(?:[*/·×^(]|\\cdot|\\times|[\d)]\s*[-+])\s*$")
_OPERATOR_AFTER = re.compile(r"^\s*(?:[*/·×^]|\\cdot|\\times|[-+]\s*[\d(\\])")
_ASSERTING = re.compile(
    r"(?:=|≈|\\approx|→|\\rightarrow|:|\bis|\bare|\bhas|\bhave|\bequals|\bgives|\bget|\bneed|\bneeds)\s*[$*_]*\s*$"
)
_FINAL = re.compile(r"(?:\\boxed\s*\{|\banswer\s*(?:is|:|=)\s*[$*_]*)\s*$", re.IGNORECASE)
_TEXT_MACRO = re.compile(r"\\text(?:bf|it|rm)?\s*\{([^{}]*)\}")
_MACRO = re.compile(r"\\[A-Za-z]+")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z(])|\n\s*\n|\n(?=\s*[-*|\d])")
_MOST_READINGS = 2000


def read_answers(text: str, file: str, first_line: int) -> tuple[Reading, ...]:
    """All values in the text, in order. `first_line` is the line of the file that the text begins in."""
    clean = _TEXT_MACRO.sub(lambda m: m[1].ljust(len(m[0]))[: len(m[0])], text)
    matrices = list(_matrices(clean))
    blank = list(clean)
    for start, end, _ in matrices:
        blank[start:end] = ["\n" if c == "\n" else " " for c in clean[start:end]]
    rest = "".join(blank)
    found = [*_matrix_readings(clean, matrices), *_shape_readings(rest), *_number_readings(rest)]
    found.sort(key=lambda item: item[0])
    readings = []
    for position, fields in found[:_MOST_READINGS]:
        source = Source(file=file, line=first_line + clean.count("\n", 0, position))
        readings.append(Reading.model_validate({**fields, "source": source}))
    return tuple(readings)


def _matrices(text: str) -> Iterator[tuple[int, int, list[list[float]]]]:
    taken = 0
    matches: list[tuple[re.Match[str], str, str | None]] = [(m, r"\\\\", "&") for m in _LATEX_MATRIX.finditer(text)]
    matches += [(m, r"\]\s*,?\s*\[", ",") for m in _NESTED_LIST.finditer(text)]
    matches += [(m, ";", None) for m in _SEMICOLONS.finditer(text)]
    for match, rows, columns in sorted(matches, key=lambda item: item[0].start()):
        if match.start() < taken:
            continue
        body = match[1].strip().strip("[]")
        values = [_row(row, columns) for row in re.split(rows, body) if row.strip()]
        complete = [row for row in values if row]
        if complete and len(complete) == len(values) and len({len(row) for row in complete}) == 1:
            taken = match.end()
            yield match.start(), match.end(), complete


def _row(text: str, separator: str | None) -> list[float] | None:
    cells = text.split(separator) if separator else text.split()
    if separator == "," and "," not in text:
        cells = text.split()
    values = [_plain_number(cell.strip().strip("$")) for cell in cells if cell.strip()]
    return None if None in values else [v for v in values if v is not None]


def _plain_number(text: str) -> float | None:
    fraction = re.fullmatch(r"(?:\\[dt]?frac\{(-?\d+)\}\{(\d+)\}|(-?\d+)\s*/\s*(\d+))", text)
    if fraction:
        top, bottom = [int(part) for part in fraction.groups() if part]
        return top / bottom if bottom else None
    try:
        value = float(text) if re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", text) else None
    except (ValueError, OverflowError):
        return None
    return value


def _matrix_readings(
    text: str, matrices: list[tuple[int, int, list[list[float]]]]
) -> Iterator[tuple[int, dict[str, object]]]:
    for start, end, rows in matrices:
        yield (
            start,
            {
                "kind": "matrix",
                "matrix": tuple(tuple(row) for row in rows),
                "text": " ".join(text[start:end].split())[:200],
                "strength": "asserted",
                "lead": _lead(text, start, matrices),
            },
        )


def _lead(text: str, start: int, matrices: list[tuple[int, int, list[list[float]]]]) -> str:
    """The last line above, or the words before on the same line, that hold words and no matrix."""
    blank = text[:start]
    for first, end, _ in matrices:
        if end <= start:
            blank = blank[:first] + "".join("\n" if c == "\n" else " " for c in blank[first:end]) + blank[end:]
    lines = [line for line in blank.splitlines() if re.search(r"[A-Za-z]{3,}", _MACRO.sub(" ", line))]
    return lines[-1].strip().lower()[-200:] if lines else ""


def _shape_readings(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    for match in _SHAPE_RE.finditer(text):
        numbers = tuple(int(n) for n in re.findall(r"\d+", next(g for g in match.groups() if g)) if len(n) < 12)
        if _OPERATOR_BEFORE.search(text[: match.start()][-20:]) or match[0].strip() == "":
            continue
        after = text[match.end() :][:20]
        if re.match(r"\s*(?:=|[+]\s*\d)", after):
            continue  # the factors of a product: what follows it is the value
        before_words, after_words = _around(text, match.start(), match.end())
        yield (
            match.start(),
            {
                "kind": "shape",
                "shape": numbers,
                "text": " ".join(match[0].split()),
                "strength": _strength(text, match.start()),
                "before": before_words,
                "after": after_words,
            },
        )
        for part in re.finditer(r"\d+", match[0]):
            yield (
                match.start() + part.start(),
                {
                    "kind": "number",
                    "number": float(part[0][:15]),
                    "text": part[0],
                    "strength": _strength(text, match.start()),
                    "before": before_words,
                    "after": after_words,
                },
            )


def _number_readings(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    shapes = [(m.start(), m.end()) for m in _SHAPE_RE.finditer(text)]
    for match in _NUMBER_RE.finditer(text):
        start, end = match.span()
        if any(a <= start < b for a, b in shapes) or _operand(text, start, end):
            continue
        value = _value(match)
        if value is None:
            continue
        before, after = _around(text, start, end)
        yield (
            start,
            {
                "kind": "number",
                "number": value,
                "text": match[0].strip(),
                "strength": _strength(text, start),
                "before": before,
                "after": after,
            },
        )
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
    following = text[end:][:20]
    if re.match(r"\s*(?:=|≈|\\approx)", following) and not re.match(r"\s*\w+\s*=", following):
        return True
    return bool(_OPERATOR_BEFORE.search(text[:start][-20:]) or _OPERATOR_AFTER.match(following))


def _value(match: re.Match[str]) -> float | None:
    unit = (match["unit"] or "").strip().lstrip("\\")
    digits = match[0][: len(match[0]) - len(match["unit"] or "")]
    try:
        number = float(digits.replace("{,}", "").replace(",", "").replace("−", "-"))
    except (ValueError, OverflowError):
        return None
    if number in (float("inf"), float("-inf")):
        return None
    scale = {"%": 0.01, "k": 1e3, "K": 1e3, "M": 1e6}.get(unit, 1.0)
    return round(number * scale, 12) if scale != 1 else number


def _strength(text: str, start: int) -> str:
    before = text[:start][-40:]
    if _FINAL.search(before):
        return "final"
    return "asserted" if _ASSERTING.search(before) else "mentioned"


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """The rest of the sentence before and after, lower case."""
    window = 240
    before = _SENTENCE_END.split(text[max(0, start - window) : start])[-1]
    after = _SENTENCE_END.split(text[end : end + window])[0]
    return before.lower(), after.lower()
