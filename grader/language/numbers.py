"""One grammar for numbers as people write them: signs, separators, powers of ten, percent, fractions, words.

Everything here is linear in the text: a document is untrusted, and may be a megabyte of digits.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_SPACE = r"[ \t\u00a0\u2007\u2009\u202f]"
# Digits in groups: commas, points, and what only ever stands between thousands.
_GROUP = rf"(?:,|\{{,\}}|\\,|['’]|(?<!\d\d\d\d){_SPACE}(?=\d{{3}}(?!\d)))"
_BODY = rf"\d+(?:{_GROUP}\d+)*(?:(?:\.|\{{\.\}})\d+)*(?:,\d+)?|\.\d+"
_START = re.compile(
    rf"(?:(?<![\w.,\\])|(?<=\\approx)|(?<=\\times)|(?<=\\cdot)|(?<=\\sim)|(?<=\\pm)|(?<=\\,)|(?<=\\;))"
    rf"(?:(?P<body>{_BODY})|\\[dt]?frac\s*(?P<frac>\{{\s*-?{_SPACE}?[\d.]{{1,15}}\s*\}}\s*\{{\s*-?{_SPACE}?[\d.]{{1,15}}\s*\}}|\d\d)"
    r"|(?P<vulgar>[½¼¾⅓⅔⅕⅖⅗⅘⅛⅜⅝⅞]))"
)
_TEN = re.compile(
    rf"{_SPACE}*(?:\\times|\\cdot|×|x|X|\*|·|⋅){_SPACE}*10{_SPACE}*(?:(?:\^|\*\*){_SPACE}*\{{?{_SPACE}*([-+−–]?\d{{1,3}}){_SPACE}*\}}?(?!\d)"
    r"|([⁻⁺]?[⁰¹²³⁴-⁹]{1,3}))"
)
_SHORT_TEN = re.compile(r"[eE]([-+−]?\d{1,3})(?![\w.]\d|\w)")
_POWER = re.compile(
    rf"{_SPACE}*(?:\^|\*\*){_SPACE}*\{{?{_SPACE}*([-+−–]?\d{{1,3}}){_SPACE}*\}}?(?!\d)|([⁻⁺]?[⁰¹²³⁴-⁹]{{1,3}})"
)
_SLASH = re.compile(rf"{_SPACE}*[/⁄]{_SPACE}*(\d{{1,15}}(?:\.\d{{1,9}})?)(?![\w/⁄]|\.\d)")
_PROGRESS = re.compile(rf"{_SPACE}*(?:\[|━|[-–]{_SPACE}*\d+m?s)")
_MIXED = re.compile(rf"{_SPACE}+(\d{{1,3}})[/⁄](\d{{1,3}})(?![\w/]|\.\d)|{_SPACE}*([½¼¾⅓⅔⅛⅜⅝⅞])")
_SPREAD = re.compile(rf"{_SPACE}*(?:±|\\pm|\+/[-−–]|\+[-−–]){_SPACE}*(?:\d+(?:[.,]\d+)?|\.\d+)|\(\d{{1,3}}\)(?![\w(])")
_PERCENT = re.compile(
    rf"(?:{_SPACE}|~)*(?:\\?%|％|(?:percent|per{_SPACE}cent|pct|prozent|pourcent|por{_SPACE}ciento)(?![a-z]))",
    re.IGNORECASE,
)
_SCALES = {
    **dict.fromkeys(("k", "thousand", "tausend"), 1e3),
    **dict.fromkeys(("m", "mio", "mn", "million", "millions", "millionen"), 1e6),
    **dict.fromkeys(("bn", "billion", "billions"), 1e9),
    "hundred": 1e2,
}
_SCALE = re.compile(
    rf"(?:{_SPACE}|-|~)?(k|K|M|[Mm]io\.?|mn|[Tt]housand|[Mm]illion(?:s|en)?|bn|[Bb]illions?|hundred|[Tt]ausend)(?![\w^])"
)
# Multiples that are not worked out: who writes them means no value near the digits.
_OTHER_SCALE = re.compile(
    rf"{_SPACE}?(?:(?:dozens?|gross|trillions?|quadrillions?|lakhs?|crores?|mille|mil|mila|milliards?|milliarden?|milhões"
    r"|millones|milioni|тыс(?:яч[аи]?)?|млн|млрд|миллион\w{0,3})(?!\w)|[万萬億亿兆千百만억천백])",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(r"[A-Za-z_]{1,20}|[.,:]\d")
# What may be glued to a number without being part of it: units, ordinals, a dimension.
_GLUED = frozenset(
    [
        "x",
        "X",
        "st",
        "nd",
        "rd",
        "th",
        "s",
        "ms",
        "us",
        "ns",
        "min",
        "h",
        "px",
        "cm",
        "mm",
        "m",
        "kg",
        "mb",
        "gb",
        "kb",
        "mib",
        "gib",
        "hz",
        "khz",
        "mhz",
        "ghz",
        "d",
        "D",
        "dim",
        "rows",
        "cols",
        "e",
    ]
)
_MISREAD = re.compile(r"(?<![\w.])(?=[OolI|]{0,9}\d)(?=\d{0,9}[OolI|])[\dOolI|]{3,12}(?![\w])")
_SKIPPED = re.compile(
    r"https?://\S{1,500}|\b\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?|\b\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\b"
    r"|(?<![\w.])\d+(?:\.\d+){2,5}[\w+.]*"
)
_DASHES = "-‐‑‒–—―−﹣－⁻˗"
_SIGN_BEFORE = re.compile(
    rf"({_SPACE}*)(?:([{_DASHES}]{{1,2}}|\+|\{{[{_DASHES}]\}})|\b(minus|negative|moins|menos))"
    rf"(?:{_SPACE}|\\[,;:!])*(?:\$\s*)?$",
    re.IGNORECASE,
)
_UNARY = re.compile(
    r"(?:^|[=(\[{:,;<>≈≤≥→/*×·|$&~]|\\(?:approx|sim|to|rightarrow|cdot|times|[gl]eq?|quad|left\(|left\[|boxed\{)"
    r"|\b(?:is|are|was|be|equals?|equal to|to|of|get|got|gives?|by|value|ist|est|es))\s*\$?\s*$",
    re.IGNORECASE,
)
_FRACTIONS = {unicodedata.lookup(n): unicodedata.numeric(unicodedata.lookup(n)) for n in (
    "VULGAR FRACTION ONE HALF", "VULGAR FRACTION ONE QUARTER", "VULGAR FRACTION THREE QUARTERS",
    "VULGAR FRACTION ONE THIRD", "VULGAR FRACTION TWO THIRDS", "VULGAR FRACTION ONE FIFTH",
    "VULGAR FRACTION TWO FIFTHS", "VULGAR FRACTION THREE FIFTHS", "VULGAR FRACTION FOUR FIFTHS",
    "VULGAR FRACTION ONE EIGHTH", "VULGAR FRACTION THREE EIGHTHS", "VULGAR FRACTION FIVE EIGHTHS",
    "VULGAR FRACTION SEVEN EIGHTHS",
)}  # fmt: skip
_AROUND = " \t\n$*_`"
_LONGEST = 100
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_MULTIPLES = {"hundred": 100, "thousand": 1000, "million": 10**6}
_WORD = "|".join([*_WORDS, *_MULTIPLES])
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "eighth": 8,
    "tenth": 10,
    "hundredth": 100,
}
_PART = rf"(?:{'|'.join(_PARTS)})"
_OF_PARTS = re.compile(rf"[\s-]({_PART})s?\b", re.IGNORECASE)
_IN_WORDS = re.compile(
    rf"\b(?:{'|'.join(_WORDS)})(?:(?:[ -]|[\s-]and[\s-]){{1,3}}(?:{_WORD})){{0,8}}\b(?!-(?!{_PART}))", re.IGNORECASE
)


class Number(NamedTuple):
    """A number in a text, from `start` to `end`. `value` is None where it can't be read.

    `others` are values that the same characters may as well mean, as `– 0.75` behind a word, and `unlikely` those that
    they may mean in some countries or by mistake: 1.608 is 1608 there. `precision` is half a unit of
    its last digit; `plain` tells digits from words; `uncertain` says that how far it may be off stands behind it.
    """

    start: int
    end: int
    value: float | None
    others: tuple[float, ...] = ()
    unlikely: tuple[float, ...] = ()
    precision: float = 0.5
    percent: bool = False
    plain: bool = True
    uncertain: bool = False


def normalised(text: str) -> str:
    """The text, as long as it was, with every digit of any script and every full-width sign as ASCII."""
    if text.isascii():
        return text
    return "".join(_ascii(c) if ord(c) > 0xFF else c for c in text)


def _ascii(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if 0xFF01 <= ord(char) <= 0xFF5E:
        return chr(ord(char) - 0xFEE0)
    return {"٫": ".", "٬": ",", "\u3000": " "}.get(char, char)


def decimal_comma(text: str) -> bool:
    """Whether a text writes 0,5 for a half: some numbers can only be meant so, and none has a decimal point."""
    commas = re.search(r"(?<![\d.,])(?:0,\d+|\d{1,6},(?:\d{1,2}|\d{4,9}))(?![\d.,]\d|\d)", text[:200_000])
    points = re.search(r"(?<![\d.,])(?:0\.\d+|\d{1,6}\.(?:\d{1,2}|\d{4,9}))(?![\d.,]\d|\d)", text[:200_000])
    return bool(commas) and not points


def read_numbers(text: str, *, comma: bool = False) -> Iterator[Number]:
    """Every number of a normalised text, in order; none within an address, a date, a time or a version.

    `comma` says that the document writes decimals with a comma.
    """
    skipped = [match.span() for match in _SKIPPED.finditer(text)]
    misread = {match.start(): match for match in _MISREAD.finditer(text)}
    at, skip = 0, 0
    for match in _START.finditer(text):
        start = match.start()
        while skip < len(skipped) and skipped[skip][1] <= start:
            skip += 1
        if start < at or (skip < len(skipped) and skipped[skip][0] <= start):
            continue
        found = _number(text, match, comma)
        if found is not None:
            at = max(at, found.end)
            yield found
    for match in misread.values():
        yield Number(match.start(), match.end(), None)


def single_number(text: str, *, comma: bool = False) -> Number | None:
    """The number that a text is, but for the marks around it; None where it says more, or none."""
    words = normalised(text).strip(_AROUND).rstrip(".;").rstrip(_AROUND)
    found = list(islice(read_numbers(words, comma=comma), 2)) if 0 < len(words) <= _LONGEST else []
    whole = (
        len(found) == 1
        and found[0].value is not None
        and not (words[: found[0].start] + words[found[0].end :]).strip(_AROUND)
    )
    return found[0] if whole else None


def _number(text: str, match: re.Match[str], comma: bool) -> Number | None:
    end = match.end()
    others: tuple[float, ...] = ()
    value: float | None
    precision = 0.0
    if match["body"]:
        value, others, decimals = _grouped(match["body"], comma)
        precision = 0.5 * 10.0**-decimals
        exact = re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", match["body"])
        slash = _SLASH.match(text, end) if exact else None
        mixed = _MIXED.match(text, end) if exact and "." not in match["body"] else None
        if slash and (slash[1] == match["body"] or _PROGRESS.match(text, slash.end())):
            return None  # 60000/60000 [=====]: how far it is, and no value
        if slash:
            parts = (value or 0.0, float(slash[1]))  # two values beside each other, as in train/test
            value, others, precision, end = _over(value, parts[1]), parts, 0.0, slash.end()
        elif mixed and value is not None:
            part = _FRACTIONS[mixed[3]] if mixed[3] else _over(float(mixed[1]), float(mixed[2]))
            value, precision, end = (None if part is None else value + part), 0.0, mixed.end()
    elif match["frac"]:
        top, bottom = re.findall(r"-?\s?[\d.]+" if "{" in match["frac"] else r"\d", match["frac"])
        value = _over(_float(top.replace(" ", "")), _float(bottom))
    else:
        value = _FRACTIONS[match["vulgar"]]
    value, others, precision, end = _powered(text, match, value, others, precision, end)
    spread = _SPREAD.match(text, end)
    end = spread.end() if spread else end
    scale, percent, end = _unit(text, end)
    if spread is None and (spread := _SPREAD.match(text, end)):
        end = spread.end()
        behind, of_both, end = _unit(text, end)
        scale, percent = scale * behind, percent or of_both
    if scale == 1.0 and not percent and (glued := _FOLLOWED.match(text, end)):
        if glued[0] not in _GLUED and not (len(glued[0]) == 1 and glued[0].isalpha()):
            return Number(match.start(), end + len(glued[0]), None)
        if glued[0] not in ("x", "X"):
            return None  # 3B, 2D, 1st, 20ms: no number that answers
        if not re.match(rf"{_SPACE}*[\d(]", text[glued.end() : glued.end() + 3]):
            return Number(match.start(), glued.end(), None)  # a multiple of something: 3x
    factor = scale * (0.01 if percent else 1.0)
    start, signs = _signed(text, match.start())
    further = _OTHER_SCALE.match(text, end)
    if value is None or further:
        return Number(start, further.end() if further else end, None)
    scaled = [_times(v, factor) for v in (value, *others)]
    if percent and value <= 1:
        scaled.append(value)  # 0.98 % for 0.98
    values = [sign * scaled[0] for sign in signs]
    others, unlikely = tuple(values[1:]), tuple(scaled[1:])
    return Number(start, end, values[0], others, unlikely, precision * factor, percent, uncertain=spread is not None)


def _times(value: float, factor: float) -> float:
    return value if factor == 1 else float(f"{value * factor:.15g}")  # 1608 % is 16.08


def _powered(
    text: str, match: re.Match[str], value: float | None, others: tuple[float, ...], precision: float, end: int
) -> tuple[float | None, tuple[float, ...], float, int]:
    """The number times its power of ten, or raised: 6.08 × 10^2, 1e5, 10^5, 2^10."""
    ten = _TEN.match(text, end) or _SHORT_TEN.match(text, end)
    if ten:
        power = _exponent(ten)
        shifted = [_shift(v, power) for v in (value, *others) if v is not None]
        finite = [v for v in shifted if v is not None]
        return (finite or [None])[0], tuple(finite[1:]), (_shift(precision, power) or 0.0), ten.end()  # type: ignore[list-item]
    raised = _POWER.match(text, end) if match["body"] in ("10", "2") else None
    if raised and value is not None:
        try:
            return float(value ** _exponent(raised)), (), 0.0, raised.end()
        except OverflowError:
            return None, (), 0.0, raised.end()
    return value, others, precision, end


def _exponent(match: re.Match[str]) -> int:
    written = next(group for group in match.groups() if group)
    return int(written.translate(_SUPERSCRIPTS).replace("−", "-").replace("–", "-"))


def _shift(value: float, power: int) -> float | None:
    try:
        shifted = float(f"{value!r}e{power}") if "e" not in repr(value) else value * 10.0**power
    except (OverflowError, ValueError):
        return None
    return shifted if math.isfinite(shifted) else None


def _unit(text: str, end: int) -> tuple[float, bool, int]:
    """(the scale that follows, whether a percent sign does, where it ends)."""
    percent = _PERCENT.match(text, end)
    if percent:
        return 1.0, True, percent.end()
    scale = _SCALE.match(text, end)
    if scale:
        return _SCALES[scale[1].lower().rstrip(".")], False, scale.end()
    return 1.0, False, end


def _signed(text: str, start: int) -> tuple[int, tuple[int, ...]]:
    """(where the number begins with its sign, the signs that it may have, the likelier first)."""
    found = _SIGN_BEFORE.search(text[max(0, start - 24) : start])
    if not found or found[2] == "+":
        return start, (1,)
    begin = start - (len(found[0]) - len(found[1]))
    before = text[max(0, begin - len(found[1]) - 40) : begin - 0]
    if found[3]:
        return begin, (-1,)
    glued = not found[0].endswith(tuple(" \t\u00a0\u2007\u2009\u202f$"))
    left = before.rstrip()
    spaced = len(left) < len(before) or not left
    if not spaced and left and (left[-1].isalnum() or left[-1] in ")}]%"):
        return start, (1,)  # 3-5, x-1, layer-2: no sign
    if found[2] == "--":
        return begin, (-1, 1)  # a dash of LaTeX's, or two minus signs
    fresh = "\n" in before[len(left) :]  # nothing is subtracted from what stands on another line
    if not left or fresh or _UNARY.search(before) or found[2] == "−":
        line_begins = not left or before.rstrip(" \t").endswith("\n")
        return begin, ((-1, 1) if line_begins and not glued and found[2] != "−" else (-1,))
    if glued and found[2] not in ("—", "―", "--"):
        return (start, (1,)) if left[-1].isdigit() or left[-1] in ")}]" else (begin, (-1,))
    if left[-1].isdigit() or left[-1] in ")}]%":
        return start, (1,)  # 600 - 8 is a subtraction
    return begin, (-1, 1)


def _grouped(body: str, comma: bool) -> tuple[float | None, tuple[float, ...], int]:
    """(the value of digits with their separators, others that it may be where they are written otherwise, decimals)."""
    text = body.replace("{,}", ",").replace("{.}", ".")
    text = re.sub(rf"\\,|['’]|{_SPACE}", "_", text)
    pieces = re.split(r"([,._])", text)
    marks, groups = pieces[1::2], pieces[::2]
    if not marks:
        return _float(groups[0]), (), 0
    tripled = 1 <= len(groups[0]) <= 3 and groups[0] != "0" and all(len(g) == 3 for g in groups[1:])
    kinds = "".join(dict.fromkeys(marks))
    if kinds == "_":
        whole = _float("".join(groups))
        spaced = re.search(_SPACE, body) is not None
        return (
            (whole, tuple(filter(None, map(_float, groups))) if spaced and groups[1:] != ["000"] else (), 0)
            if tripled
            else (None, (), 0)
        )
    if kinds == ".":
        if len(marks) > 1:
            return (_float("".join(groups)) if tripled else None), (), 0
        value = _float(f"{groups[0] or '0'}.{groups[1]}")
        whole = _float("".join(groups)) if tripled else None
        if whole is not None and value is not None:
            return (whole, (value,), 0) if comma else (value, (whole,), 3)
        return value, (), len(groups[1])
    if kinds == ",":
        decimal = _float(f"{groups[0]}.{groups[1]}") if len(marks) == 1 else None
        whole = _float("".join(groups)) if tripled else None
        if whole is not None:
            return (decimal, (whole,), len(groups[1])) if comma and decimal is not None else (whole, (), 0)
        return decimal, (), len(groups[1])
    # Thousands before, decimals behind the last mark, which occurs once: 1,234.56 and 1.234,56 and 1 234,5.
    head, last = groups[:-1], marks[-1]
    good = marks.count(last) == 1 and last != "_" and len(set(marks[:-1])) == 1 and len(head[0]) <= 3
    if good and all(len(g) == 3 for g in head[1:]):
        return _float(f"{''.join(head)}.{groups[-1]}"), (), len(groups[-1])
    return None, (), 0


def _float(text: str) -> float | None:
    try:
        value = float(text) if len(text) <= 320 else math.inf
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _over(top: float | None, bottom: float | None) -> float | None:
    return top / bottom if top is not None and bottom else None


def read_words(text: str) -> Iterator[Number]:
    """Numbers written in words: twelve, six hundred and eight, twenty-one."""
    for match in _IN_WORDS.finditer(text):
        total = part = 0
        for word in re.split(r"[\s-]+", match[0].lower()):
            if word in _WORDS:
                part += _WORDS[word]
            elif word in _MULTIPLES and _MULTIPLES[word] == 100:
                part = max(part, 1) * 100
            elif word in _MULTIPLES:
                total, part = total + max(part, 1) * _MULTIPLES[word], 0
        start, signs = _signed(text, match.start())
        parts = _OF_PARTS.match(text, match.end())
        whole = (total + part) / (_PARTS[parts[1].lower()] if parts else 1)
        values = [float(sign * whole) for sign in signs]
        yield Number(start, parts.end() if parts else match.end(), values[0], tuple(values[1:]), plain=False)
