"""Finds matrices in a text, in LaTeX, as lists of lists and with semicolons, each times the factor before it.

Every pattern here is linear in the text.
"""

import math
import re
from collections.abc import Iterator

from grader.language.numbers import single_number
from grader.observation.operands import FUNCTION

Rows = list[list[float]]

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

# What makes another matrix of it, or no matrix: a determinant, a function, a sum or product that isn't worked out.
_MORE_MATRIX = re.compile(
    r"\s*\}?\s*(?:\\right)?\s*[)\]]?\s*(?:(?:[/@]|\*|\\cdot|\\times|[-+−])\s*(?:[\d(\[]|\\(?:begin|left|[dt]?frac)|[A-Za-z]\b)|\.T\b"
    r"|\\(?:begin|left)(?![A-Za-z]))"
)
_OF_MATRIX = re.compile(
    rf"(?:\\(?:det|inv|tr|rank|{FUNCTION}|alpha|beta|gamma|lambda|eta|mu|epsilon|pi)(?![A-Za-z])\s*(?:\\left)?[{{(|]?"
    r"|\b(?:relu|softmax|sigmoid|tanh|det|inv|pinv|exp|log|abs|norm|tr|rank|transpose)\s*(?:\\left)?\s*\(?|√"
    r"|\^\s*(?:\{\s*-?\d{1,3}\s*\}|\d)|[\w)}\]]\s*[-+−]|(?<![A-Za-z\\])[A-Za-z]\s*(?:\\cdot|\\times|\*)?)\s*(?:\\left)?\s*$",
    re.IGNORECASE,
)

_CALLED = re.compile(
    r"\b(?:relu|softmax|sigmoid|tanh|det|inv|pinv|exp|log|abs|norm|trace|transpose)\(\s*$", re.IGNORECASE
)


def find_matrices(text: str, *, comma: bool) -> Iterator[tuple[int, int, Rows]]:
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


def _scaled(rows: Rows, text: str, start: int, end: int) -> Rows:
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
    values = [entry(cell, comma=comma) for cell in cells if cell.strip()]
    return None if None in values else [v for v in values if v is not None]


def entry(cell: str, *, comma: bool) -> float | None:
    """The number that one entry of a matrix is; None for anything else."""
    number = single_number(cell, comma=comma)
    return number.value if number else None


def rows_of_code(text: str, *, comma: bool) -> list[list[float | None]]:
    """The entries of each line of printed numbers."""
    lines = [line for line in text.split("\n") if line.strip()]
    return [[entry(cell, comma=comma) for cell in _CELLS.split(line.strip(" []"))] for line in lines]
