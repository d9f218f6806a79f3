"""Finds formulas in a text: between dollars and other marks of LaTeX, and on plain lines with an equals sign.

Every step is linear in the text: a document is untrusted, and may be a megabyte of dollars.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from grader.core.evidence import Formula
from grader.core.source import Source
from grader.language.assertions import around, doubt_of

_MOST_TEXT = 1_000_000
_MOST_FORMULAS = 500
_LONGEST = 4000
_MOST_SIDES = 40
_ENVIRONMENTS = r"(?:equation|align|gather|eqnarray|multline)\*?"
_MARK = re.compile(rf"\$\$|(?<!\\)\$|\\[\[\]()]|\\(?:begin|end)\{{{_ENVIRONMENTS}\}}|\n[ \t]*+\n")
_CLOSES = {"$$": "$$", "$": "$", r"\[": r"\]", r"\(": r"\)"}
# Macros that lost their backslash and first letter where a text was unescaped once too often.
_SCARS = (
    (re.compile(r"(?<![A-Za-z\\])(?:\t|\\t)?imes\b"), r"\\times "),
    (re.compile(r"(?<![A-Za-z\\])\f?rac(?=\{)"), r"\\frac"),
    (re.compile(r"(?<![A-Za-z\\])\x08?egin(?=\{)"), r"\\begin"),
)
_NOISE = re.compile(
    r"\\(?:therefore|because|left|right|big|Big|bigg|Bigg|displaystyle|quad|qquad|nonumber|phantom)(?![A-Za-z])"
    r"|\\(?:begin|end)\{[a-z]+\*?\}(?:\{[lcr|]*\})?|\\[,;:!]|&|\\label\{[^{}]*\}|\\tag\{[^{}]*\}"
)
# A new row of an aligned formula, or a further equation on the same one: `a = b, c = d`.
_ROWS = re.compile(
    r"[,;](?:\\[,;: ]|\\q?quad|\s){0,5}(?=\\?[A-Za-z][\w{}']{0,9}(?:\([^()]{0,40}\))?\s{0,3}&?=)"
    r"|\\\\(?:\[[^\]]{0,20}\])?|\\(?=\s*\n)|\\\s(?=\s*=)"
)
_RELATION = re.compile(
    r"\\approx(?![A-Za-z])|\\sim(?:eq)?(?![A-Za-z])|\\Rightarrow|\\implies|\\iff|≈|∼|⇒|(?<![<>!:])=+(?!=)"
)
_REMARK = re.compile(r"[\\\s]\((?:\\text\{)?[A-Za-z][A-Za-z ]{2,40}\}?\)\s*$")
_NAMED = re.compile(r"^\s*(?:\\text\{)?([A-Za-z][\w ,{}\\-]{0,30}?)\}?\s*:(?!=)\s*(?=\S)")
_NAMED_BEFORE = re.compile(r"([A-Za-z][\w ,{}\\-]{0,30}?)\s*[:=]\s*[$*_\\\[(]*\s*$")
_OPERATES = re.compile(r"[-+*/^\\{]")
_OR = re.compile(r"\bor\b[^.]{0,20}$", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\s*\{")
_FINAL = re.compile(r"\banswer\s*(?:is|:|=)?\s*[$*_\\\[(]*\s*$", re.IGNORECASE)
# A plain line's right-hand side ends where a sentence goes on, outside of parentheses.
_GOES_ON = re.compile(
    r"[()]|[,;]\s|\.(?:\s|$)|\s(?!exp\b|log\b|sqrt\b|max\b|sin\b|cos\b|tanh\b|million)[A-Za-z]{3,}(?![\w(])|\s\((?=[A-Za-z]{3})"
)
_STOP = re.compile(r"(?<=[a-z\d)][.;])\s(?=[A-Z])|(?<=\d)\s(?=[A-Z][\w ]{0,24}:)|(?<=\s)\|(?=\s|$)")
_NOT_SAID = ("denied", "another's", "withdrawn")
_CALL = re.compile(r"[\w\\']{1,20}\([^()]{1,40}\)$")
_BULLET = re.compile(r"^\s*(?:[-*+•>]|\d{1,2}[.)]|\|)\s+")


def read_formulas(text: str, places: Sequence[Source]) -> tuple[Formula, ...]:
    """All formulas in order. A line that begins with an equals sign goes on with the formula before it."""
    text = repaired(text[:_MOST_TEXT])
    line_ends = [match.start() for match in re.finditer("\n", text)]
    found: list[Formula] = []
    for start, content, before, plain in _pieces(text):
        for offset, row in _rows(content):
            if doubt_of(around(text, start, start)[0], "", "", "") in _NOT_SAID:
                continue
            formula = _formula(row, before)
            if formula is None or (plain and len(formula.sides) == 1 and not _RELATION.match(row.strip())):
                continue
            if _RELATION.match(row.strip()) and not _OR.search(before):
                formula = _continued(found, formula)
            place = places[bisect_right(line_ends, start + offset)]
            found.append(formula.model_copy(update={"source": place}))
            if len(found) >= _MOST_FORMULAS:
                return tuple(found)
    return tuple(found)


def _continued(found: list[Formula], formula: Formula) -> Formula:
    """A formula that begins with an equals sign, behind what it goes on with, which is taken from those found."""
    before = [found.pop()] if found else []
    if before and len(before[0].sides) == 1 and found and len(found[-1].sides) > 1:
        before.insert(0, found.pop())  # "plug in the values:", and an expression that stands by itself
    sides = [side for part in (*before, formula) for side in part.sides]
    kept = (*sides[:1], *sides[1:][-_MOST_SIDES:])
    return formula.model_copy(update={"sides": kept, "name": before[0].name if before else formula.name})


def repaired(text: str) -> str:
    """The text with the macros that unescaping has mutilated, such as `imes` for `\\times`."""
    for scar, whole in _SCARS:
        text = scar.sub(whole, text)
    return text


def _pieces(text: str) -> Iterator[tuple[int, str, str, bool]]:
    """(where it starts, a formula's text, the words before it, whether no mark shows that it is one), in order."""
    last, opened, mark = 0, -1, ""
    for token in _MARK.finditer(text):
        here = token[0]
        if mark and (
            here == _CLOSES.get(mark) or (mark.startswith(r"\begin") and here == mark.replace("begin", "end"))
        ):
            if token.start() - opened <= _LONGEST:
                yield opened, text[opened : token.start()], text[max(last, opened - 200) : opened], False
            last, mark = token.end(), ""
        elif mark == "$" and here.startswith("\n"):
            mark = ""  # a dollar that nothing closed
        elif not mark and (here in _CLOSES or here.startswith(r"\begin")):
            yield from _plain(text, last, token.start())
            opened, mark = token.end(), here
    if not mark:
        yield from _plain(text, last, len(text))


def _plain(text: str, start: int, end: int) -> Iterator[tuple[int, str, str, bool]]:
    """The plain lines with a relation in them, each from the word before the first to where prose goes on."""
    position = start
    above = ""
    for line in _sentences(text[start:end]):
        relations = list(_RELATION.finditer(line)) if len(line) <= _LONGEST else []
        if relations:
            bare = _BULLET.sub("", line)
            lost = len(line) - len(bare)
            first = _RELATION.search(bare)
            if first:
                left = bare[: first.start()].rstrip()
                named = _NAMED.match(bare)
                word = left if named or _OPERATES.search(left) else _last_term(left)
                right = bare[first.start() :]
                tail = _RELATION.split(right)[-1]
                kept = _without_prose(tail.lstrip())
                before = left[: len(left) - len(word)]
                yield (
                    position + lost,
                    word + right[: len(right) - len(tail)] + kept,
                    before or above,
                    True,
                )
        above = line if line.rstrip().endswith(":") else "" if line.strip() else above
        position += len(line) + 1


def _sentences(text: str) -> Iterator[str]:
    """The lines, cut where a sentence or a cell of a table ends and another begins; one character parts two."""
    for line in text.split("\n"):
        last = 0
        for stop in _STOP.finditer(line) if len(line) <= _LONGEST else ():
            yield line[last : stop.start()]
            last = stop.end()
        yield line[last:]


def _without_prose(text: str) -> str:
    depth = 0
    for stop in _GOES_ON.finditer(text):
        if stop[0] in "()":
            depth += 1 if stop[0] == "(" else -1
        elif depth <= 0:
            return text[: stop.start()]
    return text


def _last_term(text: str) -> str:
    """The last word, with its arguments where it has some: `f(x_1, x_2)`."""
    call = _CALL.search(text[-60:])
    return call[0] if call else text.rsplit(" ", 1)[-1]


def _rows(content: str) -> Iterator[tuple[int, str]]:
    """The rows of a formula, with where each begins in it."""
    position = 0
    for separator in [*_ROWS.finditer(content), None]:
        end = separator.start() if separator else len(content)
        row = _NOISE.sub(" ", content[position:end])
        if row.strip():
            skipped = len(content[position:end]) - len(content[position:end].lstrip())
            yield position + skipped, row
        if separator:
            position = separator.end()


def _formula(row: str, before: str) -> Formula | None:
    boxed = _BOXED.search(row)
    strength = "final" if boxed or _FINAL.search(before) else "asserted"
    if boxed:
        row = _inside(row, boxed.end())
    row = _REMARK.sub("", " ".join(row.split()))
    named = _NAMED.match(row)
    *above, line = before.split("\n")
    if not line.strip(" \t$*_\\[(") and above and above[-1].rstrip().endswith(":"):
        line = above[-1]  # a line that was broken behind its name
    called = named or _NAMED_BEFORE.search(line[-80:])
    name = called[1].strip() if called else ""
    if named:
        row = row[named.end() :]
    sides = tuple(side.strip(" .,;").rstrip(" \\") for side in _RELATION.split(row))
    sides = tuple(side for side in sides if side)
    if not sides:
        return None
    lead = line.lower().strip(" $*_\\[(")
    return Formula(sides=sides, name=name, lead=lead[-200:], strength=strength, source=Source(file=""))


def _inside(text: str, start: int) -> str:
    """What stands between a brace that opened before `start` and the one that closes it."""
    depth = 1
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return text[start:position]
    return text[start:]
