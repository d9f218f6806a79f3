"""Reads the accuracies that saved outputs state, and of what each is."""

import re

from grader.core.evidence import Claim
from grader.core.source import Source
from grader.language.numbers import decimal_comma, normalised, read_numbers

_ACCURACY = re.compile(r"(?<![a-z])(?:[a-z]{1,30}[_ -]){0,4}acc(?:uracy|uracies|\.)?(?![a-z])", re.IGNORECASE)
_TRAINING = re.compile(r"(?<![a-z])train(?:ing|ed)?(?![a-z])", re.IGNORECASE)
_TEST = re.compile(
    r"(?<![a-z])(?:test(?:ing)?|val(?:idation)?|eval(?:uation)?|dev|held[ -]?out)(?![a-z])", re.IGNORECASE
)
_GOAL = re.compile(
    r"(?<![a-z])(?:target|goal|threshold|required?|needed|minimum|baseline|chance|random|desired|want(?:ed)?|at least)"
    r"(?![a-z])",
    re.IGNORECASE,
)
# One class of several: `Accuracy of class 8`, `Accuracy for class: plane is`, `Accuracy of   cat :`.
_CLASS = re.compile(
    r"(?<![a-z])(?:class|digit|category)(?:es)?(?![a-z])"
    r"|\b(?:of|for)\s{1,8}(?!the\b|my\b|our\b|this\b|all\b|model\b|net\b|network\b|test\b|it\b)"
    r"['\"]?\w{1,15}['\"]?\s{0,8}(?::|=|\bis\b)",
    re.IGNORECASE,
)
_BATCH = re.compile(r"(?<![a-z])(?:mini-?)?(?:batch|step|iter(?:ation)?)(?![a-z])", re.IGNORECASE)
_OTHER_VALUE = re.compile(
    r"(?<![a-z])(?:loss|error|lr|learning rate|time|threshold|target|goal|nan|inf|acc|accuracy"
    r"|(?:on|for|of the)\s(?:the\s)?train(?:ing)?)(?![a-z])",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(?:epoch|step|batch|iter(?:ation)?|seed|fold|run)\W{0,3}$", re.IGNORECASE)
_BOUND = re.compile(r"[<>≥≤]=?\s{0,3}$")
_REACH = 100
_MOST_TEXT = 1_000_000
_MOST_CLAIMS = 2000


def read_claims(text: str, source: Source) -> tuple[Claim, ...]:
    """Every accuracy stated in the text, in [0, 1], in order; those of the training set, and goals, are left out.

    `0.9762`, `0,9762`, `97.62%` and `97.62` after the word accuracy are read; so is `9762/10000`. One of a class or of
    a batch is `partial`.
    """
    text = normalised(text[-_MOST_TEXT:])
    comma = decimal_comma(text)
    found = ((line, match) for line in re.split(r"[\n\r\x08]+", text) for match in _ACCURACY.finditer(line))
    claims: list[Claim] = []
    for line, match in reversed(list(found)):  # the last ones count
        claim = _claim(line, match, source, comma=comma)
        claims += [claim] if claim else []
        if len(claims) == _MOST_CLAIMS:
            break
    return tuple(reversed(claims))


def _claim(line: str, match: re.Match[str], source: Source, *, comma: bool) -> Claim | None:
    behind = line[match.end() : match.end() + _REACH]
    value = _stated(behind, comma=comma)
    if value is None:
        return None
    said = _around(line, match, behind)
    if (_TRAINING.search(said) and not _TEST.search(said)) or _GOAL.search(said):
        return None
    named = _TEST.search(line[:_REACH]) is not None
    partial = _CLASS.search(said) is not None or (
        _BATCH.search(line[: match.start()][-_REACH:]) is not None and not named
    )
    shown = line.strip() if len(line) <= 120 else line[match.start() : match.start() + 120]
    before = re.sub(r"[\W\d_]+", " ", line[max(0, match.start() - _REACH) : match.start()]).strip().lower()
    return Claim(accuracy=value, text=shown[:120], source=source, of=before, partial=partial)


def _around(line: str, match: re.Match[str], behind: str) -> str:
    """The words that say of what the accuracy is: from the value before it to its own."""
    before = re.split(r"\d[.,]\d+|[,;|]", line[max(0, match.start() - _REACH) : match.start()])[-1]
    return before + match[0] + re.split(r"\d[.,]\d|\d\s?%", behind)[0]


def _stated(behind: str, *, comma: bool) -> float | None:
    """The first value behind the word accuracy, before another quantity is named; counts aren't values."""
    other = _OTHER_VALUE.search(behind)
    behind = behind[: other.start()] if other else behind
    for number in read_numbers(behind, comma=comma):
        text, before = behind[number.start : number.end], behind[: number.start]
        if number.value is None or _BOUND.search(before) or _COUNTED.search(before):
            continue
        if number.percent or "/" in text or re.search(r"[.,]\d", text):
            scaled = number.percent or number.value <= 1 or "/" in text
            value = number.value if scaled else number.value / 100
            if 0 <= value <= 1:
                return value
    return None
