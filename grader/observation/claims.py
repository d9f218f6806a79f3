"""Reads the accuracies that saved outputs state, and of what each is."""

import re
from itertools import islice
from typing import NamedTuple

from grader.core.evidence import Claim, ClaimScope
from grader.core.source import Source
from grader.language.numbers import Number, decimal_comma, normalised, read_numbers
from grader.observation.claim_tables import claims_of_tables
from grader.observation.claim_words import ACCURACY, CORRECT, last_set, names_a_set, one_of_several, scope_of
from grader.observation.outputs import shown
from grader.observation.unnamed_values import OTHER_QUANTITY, Value, called_by_code, is_alone, unclear_values

_OTHER_VALUE = re.compile(
    r"(?<![a-z])(?:loss|error|lr|learning rate|(?<!test )time|threshold|target|goal|nan|inf|accs?|accuracy|f1|auc"
    r"|precision|recall|std|(?:on|for|of the)\s(?:the\s)?train(?:ing)?)(?![a-z])",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(?:epochs?|ep|step|batch|iter(?:ation)?|seed|fold|run|trial)\W{0,3}$", re.IGNORECASE)
_COUNTS = re.compile(r"\s?(?:epochs?|steps?|batch(?:es)?|runs?|seeds?|folds?|images?|samples?)\b", re.IGNORECASE)
_STATING = re.compile(r"(?:^|:|\bis|\bwas|\bof|->|→)\s{0,6}$|^\s{0,3}[=(\"']{1,3}\s{0,6}$|^[\W_]{0,30}$", re.IGNORECASE)
_THEN = re.compile(r"\s{0,2}[)\]]?\s{0,2}(?::|=|->|→|\bis\b|\bwas\b)\s{0,12}(?=[\d.])")
_THEN_OR_WORD = re.compile(
    r"\s{0,2}[)\]]?\s{0,2}(?:[^\W\d_]{1,12}\s{0,2})?(?::|=|->|→|\bis\b|\bwas\b)\s{0,12}(?=[\d.])"
)
_BOUND = re.compile(r"(?<![-=])[<>≥≤]=?\s{0,3}$")
_EPOCH = re.compile(r"(?<![a-z])(?:epochs?|ep|epoche|époque|época)[\s:#.\[(=]{0,6}(\d{1,6})(?!\d|\.\d)", re.IGNORECASE)
_RATIO_BEHIND = re.compile(r"\s{0,3}[(\[|]\s{0,2}(\d{1,9})\s{0,2}/\s{0,2}(\d{1,9})(?!\d)")
_OUT_OF = re.compile(
    r"(?<![\d.,])(\d{1,9})\s{0,3}(?:/|(?:out )?of|von|sur)\s{0,3}(\d{2,9})(?![\d.,]\d|\d|/)", re.IGNORECASE
)
_WHOLE = re.compile(r"\s{0,3}(?:[:=]|is|of)\s{0,3}(\d{2,3})\s{0,3}$", re.IGNORECASE)
_SAID_BEHIND = re.compile(
    r"\s{0,3}%?\s{0,3}(?:(?:on|over|for|in|using|with|auf|für|sur|pour|en)\s(?!\d)[^.,;|\n\d]{0,60}"
    r"|[(\[][^)\]\d]{1,40}[)\]]|[(\[](?:on |of )?(?:the )?(?:test|val|train|dev)[a-z]{0,10}\b)",
    re.IGNORECASE,
)
_GAP = re.compile(r"[\s)]{0,3}(?:[^\W\d_]{1,15}[ _-]){0,3}")
_TITLE = re.compile(r"[-=*#\s]{2,20}[^\d:=]{1,40}?[-=*#\s]{2,20}:?")
_FINISHED = re.compile(r"finish|complete|done|fertig|end", re.IGNORECASE)
_BESIDE = re.compile(r"[\s,;]{1,12}(?=[\d.])")
_LIST = re.compile(r"[\[({]\s{0,3}(?=[-.\d])")
_SETTINGS = ("lr", "learning rate")
_REACH = 100
_MOST_LISTED = 200
_MOST_TEXT = 1_000_000
_MOST_CLAIMS = 2000
_MOST_UNCLEAR = 20
_MOST_NAMES = 3
_LONGEST = 5000


class _Value(NamedTuple):
    """A value that may be an accuracy, and where it stands in its text."""

    accuracy: float
    unit: float
    start: int
    end: int
    sure: bool = True


def read_claims(text: str, source: Source, code: str = "", *, is_value: bool = False) -> tuple[Claim, ...]:
    """Every accuracy stated in the text, in [0, 1], in order, with what is said of each.

    `0.9762`, `0,9762`, `97.62%` and `97.62` beside a word for accuracy are read; so are `9762/10000`, lists and the
    columns of tables. A value alone is what the cell's `code` calls it; `is_value` says that it is what the cell gives
    back. Where no value has a word, those that may be accuracies are `unclear`.
    """
    text = normalised(shown(text[-_MOST_TEXT:]))
    comma = decimal_comma(text)
    lines = _lines(text)
    several = len({name for line in lines if (name := one_of_several(line.text[:_LONGEST]))}) >= _MOST_NAMES
    claims: list[Claim] = []
    for line in reversed(lines):  # the last ones count
        claims += reversed(_of_line(line, source, comma=comma, several=several))
        if len(claims) >= _MOST_CLAIMS:
            break
    claims = [*claims_of_tables(text, source), *reversed(claims[:_MOST_CLAIMS])]
    claims += [_unnamed(value, source) for value in called_by_code(text, code, is_value=is_value)]
    found = claims or [_unnamed(value, source) for value in unclear_values(text, comma=comma)]
    return tuple(found[-_MOST_CLAIMS:])


def _unnamed(value: Value, source: Source) -> Claim:
    return Claim(
        accuracy=value.accuracy,
        unit=value.unit,
        text=_quoted(value.text),
        source=source,
        scope=value.scope,
        of=_label(value.words),
    )


class _Line(NamedTuple):
    """A line of an output, what the title above it says, and the number of the epoch that it belongs to."""

    text: str
    title: str = ""
    epoch: int | None = None


def _lines(text: str) -> list[_Line]:
    """The lines that may hold something; a title such as `Test set:` holds until the next one or a blank line."""
    found: list[_Line] = []
    title, named = "", ""
    epoch: int | None = None
    for line in text.split("\n"):
        line = line[-_LONGEST:]
        words = line.strip()
        if not words:
            title = ""
            continue
        if numbered := _EPOCH.search(words):
            epoch = int(numbered[1])
        if named and is_alone(words):  # `Test accuracy:`, and the value on the next line
            found.append(_Line(f"{named} {words}", title, epoch))
        named = ""
        stated = ACCURACY.search(words) is not None
        if not re.search(r"\d", words) and len(words) < _REACH and not _FINISHED.search(words):
            named = words if stated else ""
            if stated or words.endswith(":") or _TITLE.fullmatch(words):
                title = words if names_a_set(words) else ""
        elif stated or CORRECT.search(words):
            found.append(_Line(line, title, epoch))
            epoch = None if stated else epoch
    return found


def _of_line(line: _Line, source: Source, *, comma: bool, several: bool) -> list[Claim]:
    """The claims of one line, in order; of `several` things named alike, as `Accuracy of plane :`, each is a part."""
    text = line.text
    claims: list[Claim] = []
    last = 0
    for match in ACCURACY.finditer(text):
        if match.start() < last:
            continue
        claims += _stated(line, match, source, comma=comma)
        last = match.end()
    if not claims and (right := CORRECT.search(text)):
        claims += _counted_right(line, right, source, comma=comma)
    if several and one_of_several(text):
        claims = [c.model_copy(update={"scope": "part"}) for c in claims]
    if any(c.scope in ("test", "validation") for c in claims):
        # Beside the accuracy of another set, one without a name is that of the training.
        claims = [
            c.model_copy(update={"scope": "training"}) if c.scope in ("unnamed", "running") else c for c in claims
        ]
    if line.epoch is not None:
        claims = [
            c.model_copy(update={"epoch": line.epoch, "scope": "running" if c.scope == "unnamed" else c.scope})
            for c in claims
        ]
    return claims


def _stated(line: _Line, match: re.Match[str], source: Source, *, comma: bool) -> list[Claim]:
    text = line.text
    behind = text[match.end() : match.end() + _REACH]
    other = _OTHER_VALUE.search(behind)
    reach = behind[: other.start()] if other else behind
    listed = _LIST.search(reach)
    percent = "%" in text[max(0, match.start() - 12) : match.end() + 4] or "percent" in reach.lower()[:20]
    value = _value(reach, comma=comma, percent=percent)
    if value is None and other and other[0].lower() in _SETTINGS:  # accuracy with lr 0.01: 95.2%
        reach = behind
        value = _value(reach, comma=comma, percent=percent)
    if value is None:
        return _value_before(line, match, source, comma=comma)
    said = _before(text, match) + match[0] + reach[: value.start]
    following = _SAID_BEHIND.match(behind[value.end :])
    of_another = following and names_a_set(said) and names_a_set(following[0])
    if following and not of_another and not ACCURACY.search(following[0]):
        said += " " + following[0]
    head = text[: match.start()]
    if listed and listed.start() < value.start:
        items = _items(text[match.end() + listed.end() : match.end() + listed.end() + 20 * _MOST_LISTED], comma=comma)
        if len(items) > 1:
            of_list = [_claim(line, item, said, head, source) for item in items]
            return [claim.model_copy(update={"item": n}) for n, claim in enumerate(of_list, 1)]
    if not listed and _another_beside(reach[value.end :], comma=comma):
        value = value._replace(sure=False)
    return [_claim(line, value, said, head, source)]


def _another_beside(behind: str, *, comma: bool) -> bool:
    """Whether another value that may be an accuracy stands right behind one, without a word between."""
    gap = _BESIDE.match(behind)
    number = next(read_numbers(behind[gap.end() :], comma=comma), None) if gap else None
    return (
        gap is not None
        and number is not None
        and not number.start
        and _accuracy(behind[gap.end() :], number) is not None
    )


def _before(text: str, match: re.Match[str]) -> str:
    """The words before an accuracy's name that belong to it: behind the value, or the mark, before it."""
    return re.split(r"\d[.,]\d+\s?%?|[,;|]|\s-\s", text[max(0, match.start() - _REACH) : match.start()])[-1]


def _claim(line: _Line, value: _Value, said: str, head: str, source: Source) -> Claim:
    words = said if names_a_set(said) else f"{last_set(head) or line.title} {said}"
    scope: ClaimScope = scope_of(words, head)
    if not value.sure and scope not in ("other", "part", "training"):
        scope = "unclear"
    return Claim(
        accuracy=value.accuracy,
        unit=value.unit,
        text=_quoted(line.text, len(head)),
        source=source,
        scope=scope,
        of=_label(words),
    )


def _label(words: str) -> str:
    return " ".join(re.sub(r"[\W\d_]+", " ", words).split()).lower()[:120]


def _quoted(line: str, at: int = 0) -> str:
    text = " ".join(line.split())
    return text if len(text) <= 120 else line[max(0, at - 20) : max(0, at - 20) + 120].strip()


def _value(reach: str, *, comma: bool, percent: bool) -> _Value | None:
    """The first value behind the name, before another quantity; counts and bounds aren't values."""
    for number in read_numbers(reach, comma=comma):
        before = reach[: number.start]
        counted = _COUNTED.search(before) and not re.search(r"[.,]\d", reach[number.start : number.end])
        if _BOUND.search(before) or counted or _COUNTS.match(reach, number.end):
            continue
        if _is_setting(before, reach[number.end :]):
            continue
        found = _accuracy(reach, number, percent=percent)
        if found is not None:
            return found
    if whole := _WHOLE.match(reach):
        value = int(whole[1]) / 100
        return _Value(value, 0.01, whole.start(1), whole.end(1), sure=False) if value <= 1 else None
    return None


def _is_setting(before: str, behind: str) -> bool:
    """Whether a number says under what the accuracy was found, as in `accuracy for p=0.1: 0.97`: a value follows."""
    if _STATING.search(before):
        return False
    return (_THEN if before.rstrip().endswith(("=", "(")) else _THEN_OR_WORD).match(behind) is not None


def _accuracy(text: str, number: Number, *, percent: bool = False) -> _Value | None:
    """The accuracy that a number may be: a share, a percentage, a ratio."""
    written = text[number.start : number.end]
    if number.value is None:
        return None
    ratio = "/" in written and not number.uncertain
    if not (number.percent or ratio or percent or re.search(r"[.,]\d|e-", written)):
        return None
    if ratio and "." in written:  # two accuracies, as of training and test
        last = number.unlikely[-1] if number.unlikely else -1.0
        return _Value(last, 0.0, number.start, number.end, sure=False) if 0 <= last <= 1 else None
    value, unit = abs(number.value), 0.0 if ratio else 2 * number.precision  # a dash is no minus
    sure = True
    if not 0 <= value <= 1 and re.fullmatch(
        r"\d{1,3},(?!\d{3}$)\d{1,12}\s?%?", written
    ):  # 95,88 beside numbers with points
        value = float(written.rstrip("% ").replace(",", "."))
        unit = 10.0 ** -len(written.rstrip("% ").partition(",")[2])
        value, unit = (value / 100, unit / 100) if number.percent or value > 1 else (value, unit)
    elif number.percent and value <= 0.01 and not ratio:  # 0.98 % for 0.98
        value, unit, sure = 100 * value, 100 * unit, False
    elif not number.percent and not ratio and (value > 1 or (percent and "." not in written and "," not in written)):
        value, unit = value / 100, unit / 100
    if not 0 <= value <= 1:
        return None
    found = _Value(round(value, 12), unit, number.start, number.end, sure)
    exact = _RATIO_BEHIND.match(text, number.end)
    if exact and int(exact[2]) and abs(int(exact[1]) / int(exact[2]) - value) <= max(unit, 1e-9):
        return found._replace(accuracy=round(int(exact[1]) / int(exact[2]), 12), unit=0.0)
    return found


def _value_before(line: _Line, match: re.Match[str], source: Source, *, comma: bool) -> list[Claim]:
    """`97.6 % test accuracy`: the value stands before the name, with nothing but words between."""
    head = line.text[max(0, match.start() - 60) : match.start()]
    numbers = list(read_numbers(head, comma=comma))
    if not numbers or not _GAP.fullmatch(head[numbers[-1].end :]):
        return []
    value = _accuracy(head, numbers[-1])
    if value is None or _BOUND.search(head[: value.start]) or OTHER_QUANTITY.search(head[: value.start]):
        return []
    behind = _SAID_BEHIND.match(line.text, match.end())
    said = f"{re.split(r'[,;|]', head[: value.start])[-1]} {head[value.end :]}{match[0]} {behind[0] if behind else ''}"
    return [_claim(line, value, said, line.text[: match.start()], source)]


def _counted_right(line: _Line, match: re.Match[str], source: Source, *, comma: bool) -> list[Claim]:
    """`Correct: 9781/10000`, `97.8 % of the test images are classified correctly`."""
    text = line.text
    for found in _OUT_OF.finditer(text):
        right, total = int(found[1]), int(found[2])
        if 0 < total >= right and total >= 20:
            value = _Value(round(right / total, 12), 0.0, found.start(), found.end())
            return [_claim(line, value, text[:_REACH], text[: match.start()], source)]
    for number in read_numbers(text[:500], comma=comma):
        if number.percent and (share := _accuracy(text, number)):
            return [_claim(line, share, text[:_REACH], text[: match.start()], source)]
    return []


def _items(text: str, *, comma: bool) -> list[_Value]:
    """The items of a list, as far as they are accuracies; none where something else stands in it."""
    inside = re.split(r"[\])}]", text, maxsplit=1)[0]
    found: list[_Value] = []
    for number in islice(read_numbers(inside, comma=comma), _MOST_LISTED):
        value = _accuracy(inside, number)
        if value is None:
            return []
        found.append(value)
    return found
