"""Reads the accuracies that saved outputs state."""

import re

from grader.core.evidence import Claim
from grader.core.source import Source

_ACCURACY = re.compile(
    r"(?<![a-z])(train(?:ing)?(?:[ _-](?:set|data))?[ _-]{0,3})?(?:[a-z]{1,30}_){0,4}acc(?:uracy|\.)?(?![a-z])",
    re.IGNORECASE,
)
_OTHER_VALUE = re.compile(
    r"(?<![a-z])(?:loss|error|lr|learning rate|time|threshold|target|nan|inf|acc|accuracy"
    r"|(?:on|for|of the)\s(?:the\s)?train(?:ing)?)(?![a-z])",
    re.IGNORECASE,
)
_RATIO = re.compile(r"(?<![\d.])(\d{1,9})\s{0,3}/\s{0,3}(\d{1,9})(?![\d.])")
_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:\.\d{1,20})?|\.\d{1,20})(e-\d{1,2})?(?!\w|\.\d|\s{0,3}/\s{0,3}\d)(\s{0,3}%)?", re.IGNORECASE
)
_COUNTED = re.compile(r"(?:epoch|step|batch|iter(?:ation)?|seed|fold|run)\W{0,3}$", re.IGNORECASE)
_BOUND = re.compile(r"[<>≥≤]=?\s{0,3}$")
_REACH = 100
_MOST_TEXT = 1_000_000
_MOST_CLAIMS = 2000


def read_claims(text: str, source: Source) -> tuple[Claim, ...]:
    """Every accuracy stated in the text, in [0, 1], in order; those of the training set are left out.

    `0.9762`, `97.62%` and `97.62` after the word accuracy are read; so is `9762/10000`.
    """
    claims = []
    for line in re.split(r"[\n\r\x08]+", text[-_MOST_TEXT:]):
        for match in _ACCURACY.finditer(line):
            value = None if match[1] else _stated(line[match.end() : match.end() + _REACH])
            if value is not None:
                shown = line.strip() if len(line) <= 120 else line[match.start() : match.start() + 120]
                claims.append(Claim(accuracy=value, text=shown[:120], source=source))
    return tuple(claims[-_MOST_CLAIMS:])


def _stated(behind: str) -> float | None:
    """The first value behind the word accuracy, before another quantity is named; counts of epochs aren't values."""
    other = _OTHER_VALUE.search(behind)
    behind = behind[: other.start()] if other else behind
    found = sorted([*_RATIO.finditer(behind), *_NUMBER.finditer(behind)], key=lambda match: match.start())
    for match in found:
        before = behind[: match.start()]
        if match.re is _RATIO:
            right, total = int(match[1]), int(match[2])
            if total > 0 and right <= total and not _COUNTED.search(before):
                return right / total
        elif not _BOUND.search(before):
            number, percent = float(f"{match[1]}{match[2] or ''}"), bool(match[3])
            value = number / 100 if percent or number > 1 else number
            if 0 <= value <= 1 and (percent or "." in match[1]):
                return value
    return None
