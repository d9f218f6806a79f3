"""Reads the accuracies that saved outputs state."""

import re

from grader.core.evidence import Claim, Source

_NUMBER = r"(\d{1,3}(?:\.\d+)?|\.\d+)\s*(%?)"
_CLAIM = re.compile(
    rf"\b(?:acc(?:uracy)?|val_acc|test_acc)\b[^\d\n.%]{{0,60}}?(?:\(?%\)?\s*)?[:=]?\s*{_NUMBER}", re.IGNORECASE
)
_RATIO = re.compile(r"\bacc(?:uracy)?\b[^\n]{0,40}?(\d+)\s*/\s*(\d+)(?:\s*\(\s*([\d.]+)\s*%\s*\))?", re.IGNORECASE)
_MOST_TEXT = 1_000_000


def read_claims(text: str, source: Source) -> tuple[Claim, ...]:
    """Every accuracy stated in the text, in [0, 1], in order.

    `0.9762`, `97.62%` and `97.62` after the word accuracy are read; so is `9762/10000`.
    """
    claims = []
    for line in text[-_MOST_TEXT:].splitlines():
        ratio = _RATIO.search(line)
        if ratio and int(ratio[2]) > 0 and int(ratio[1]) <= int(ratio[2]):
            value = int(ratio[1]) / int(ratio[2])
            claims.append(Claim(accuracy=value, text=line.strip()[:120], source=source))
            continue
        for match in _CLAIM.finditer(line[:2000]):
            number, percent = float(match[1]), bool(match[2])
            value = number / 100 if percent or number > 1 else number
            if 0 <= value <= 1 and (percent or "." in match[1]):
                claims.append(Claim(accuracy=value, text=line.strip()[:120], source=source))
    return tuple(claims)
