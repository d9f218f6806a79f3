"""Values that no word beside them calls an accuracy: what the code calls them, and what they may be."""

import re
from typing import NamedTuple

from grader.core.evidence import ClaimScope
from grader.language.numbers import Number, read_numbers
from grader.observation.claim_words import ACCURACY, CORRECT, scope_of

_ALONE = re.compile(
    r"(?:(?:torch\.)?(?:tensor|array|np\.float\d{2}|numpy\.float\d{2})\(\[?|<tf\.Tensor: [^<>]{0,80}numpy=)?\s{0,3}"
    r"(?P<number>\d{0,3}[.,]\d{1,20}(?:e-\d{1,2})?|\d{1,3}(?=\s?%))\s{0,3}(?P<percent>%?)\s{0,3}(?:\]?(?:,[^()]{0,60})?\)|>)?"
)
_PAIR = re.compile(
    r"\[\s{0,3}(?P<loss>\d{1,4}\.\d{1,20}(?:e-\d{1,2})?)\s{0,3},\s{0,3}(?P<number>[01]\.\d{1,20})\s{0,3}\]"
)
_PRINTED = re.compile(r"\s{0,40}print\((?P<words>[^\"'#]{1,200})\)\s{0,5};?\s{0,5}(?:#.{0,200})?")
_EVALUATED = re.compile(r"\.evaluate\((?P<words>[^\n]{0,100})")
OTHER_QUANTITY = re.compile(
    r"(?<![a-z])(?:loss|lr|rate|time|elapsed|momentum|drop\w{0,4}|p|std|mean|var\w{0,6}|auc|f1|f-?score|recall|precision|iou|eps\w{0,4}"
    r"|beta\w?|gamma|alpha|decay|prob\w{0,10}|lambda|size|ratio|split|sparsity|norm|grad\w{0,5}|min|max|weight\w?|bias)\s{0,2}[\W_]{0,3}\s{0,3}$",
    re.IGNORECASE,
)
_ERRORS = re.compile(
    r"(?<![a-z])(?:error(?: rate)?|err|misclass\w{0,10}|fehler\w{0,5})\s?[\W_]{0,3}\s?$", re.IGNORECASE
)
_BOUND = re.compile(r"(?<![-=])[<>≥≤]=?\s{0,3}$")
_BAR = re.compile(r"\d%\||\b(?:M|K|G)B\b|it/s|s/it|ETA\b")
_MOST = 20
_LONGEST = 500


class Value(NamedTuple):
    """A value that may be an accuracy, the line it stands on, of what it is and the words that say so."""

    accuracy: float
    unit: float
    text: str
    scope: ClaimScope
    words: str = ""


def is_alone(line: str) -> bool:
    """Whether a line is a value that may be an accuracy, and nothing else."""
    return len(line) < _LONGEST and _ALONE.fullmatch(line) is not None


def called_by_code(text: str, code: str, *, is_value: bool) -> list[Value]:
    """Values alone on their lines, or the pair that Keras's `evaluate` gives, where the code calls them accuracies."""
    if not code or len(text) > 100_000:
        return []
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    alone = [line for line in lines if len(line) < _LONGEST and _ALONE.fullmatch(line)]
    pairs = [line for line in lines if len(line) < _LONGEST and _PAIR.fullmatch(line)]
    found = []
    calls = list(_EVALUATED.finditer(code))
    if pairs and len(calls) == len(pairs):
        for line, call in zip(pairs, calls, strict=True):
            match = _PAIR.fullmatch(line)
            value = _value(match["number"], percent=False) if match else None
            if value is not None:
                found.append(Value(*value, line, _scope(call["words"]), f"evaluate {call['words']}"))
    names = _expressions(code, is_value=is_value)
    if alone and len(names) == len(alone):
        for line, words in zip(alone, names, strict=True):
            match = _ALONE.fullmatch(line)
            value = _value(match["number"], percent=bool(match["percent"])) if match else None
            if value is not None and (ACCURACY.search(words) or (CORRECT.search(words) and "/" in words)):
                found.append(Value(*value, line, _scope(words), words))
    return found[-_MOST:]


def unclear_values(text: str, *, comma: bool) -> list[Value]:
    """Values that may be accuracies though no word says so, such as `Result: 97.8 %`; the last ones."""
    found: list[Value] = []
    for line in reversed(text[-100_000:].split("\n")):
        if not line.strip() or len(line) > _LONGEST or _BAR.search(line):
            continue
        for number in read_numbers(line, comma=comma):
            value = _plausible(line, number)
            if value is not None:
                found.append(Value(*value, line, "unclear"))
        if len(found) >= _MOST:
            break
    return list(reversed(found[:_MOST]))


def _plausible(line: str, number: Number) -> tuple[float, float] | None:
    """(the accuracy, one in its last digit) where a number may be one: at least a half, and written as one is."""
    written = line[number.start : number.end]
    before = line[: number.start]
    other = OTHER_QUANTITY.search(before[-40:]) and not ACCURACY.search(line)
    if number.value is None or other or _BOUND.search(before):
        return None
    decimals = len(re.split(r"[.,]", written.rstrip("% "))[-1]) if re.search(r"[.,]\d", written) else 0
    ratio = "/" in written and len(number.unlikely) > 1 and number.unlikely[1] >= 100
    value, unit = number.value, 0.0 if ratio else 2 * number.precision
    if not (ratio or number.percent or decimals >= 2):
        return None
    if not number.percent and not ratio and 1 < value <= 100:
        value, unit = value / 100, unit / 100
    if _ERRORS.search(before[-40:]):
        value = 1 - value
    done = value == 1 and not ACCURACY.search(line)  # 100 % of a download
    return (round(value, 12), unit) if 0.5 <= value <= 1 and not done else None


def _value(written: str, *, percent: bool) -> tuple[float, float] | None:
    whole, _, decimals = written.replace(",", ".").partition(".")
    value = float(written.replace(",", "."))
    unit = 10.0 ** -len(decimals)
    if percent or value > 1:
        value, unit = value / 100, unit / 100
    return (round(value, 12), unit) if 0 <= value <= 1 and (whole or decimals) else None


def _expressions(code: str, *, is_value: bool) -> list[str]:
    """What a cell's value is in its code, or what is printed without words."""
    lines = [line for line in code.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if is_value:
        return [lines[-1][:200]] if lines and not lines[-1].startswith((" ", "\t", "%", "!")) else []
    return [match["words"] for line in lines if len(line) < _LONGEST and (match := _PRINTED.fullmatch(line))]


def _scope(words: str) -> ClaimScope:
    return scope_of(words.replace("_", " "), "")
