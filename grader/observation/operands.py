"""Whether a number is a part of a calculation, or stands within something that makes another value of it."""

import re

OPERATOR = r"(?:[*/·×^⋅]|\\cdot|\\times|\\div)"
_OPERATOR_BEFORE = re.compile(
    rf"(?:{OPERATOR}|\w\(|[\d)]\s*[-+−–]|(?:[\d)%]|\w{{3,}})\s+(?:times|plus|minus|divided\s+by))\s*\(?\s*$"
)
_OPERATOR_AFTER = re.compile(
    rf"\s*(?:{OPERATOR}+\s*[\w({{\\$]|(?<!\n)[-+−]\s*[\d(\\]|[-+−]\s+[\d(\\]|(?:times|plus|minus|divided\s+by)\s+[\w(])|\(\s*\d"
    r"|\s*(?:[A-Za-z]+\s+){1,2}(?:[*·×]|\\cdot|\\times|\+\s*\d|(?:x|times|plus)\s+\d)"
)
# What a number stands in or with that makes another value of it: a root, a power, a function, a constant, a sign.
FUNCTION = r"(?:max|min|log|ln|exp|sin|cos|tanh?|sigma|sqrt|arctan)(?![A-Za-z])"
_WITHIN = re.compile(
    rf"(?:√|∝|\\propto|\\(?:sqrt(?:\[\d\])?|{FUNCTION})\s*(?:\\left)?[{{(]?|\^\s*\{{?|\w\((?:[^()\n]{{0,20}},)?"
    r"|\\[lr]?vert|\\left\s*\||\\\||\bat\s+\$?[A-Za-z]\s*=)[\s{$]*$"
)
_MADE_ANOTHER = re.compile(
    rf"\s*[)}}\]]*\s*(?:\^|\*\*|[²³⁴]|\\(?:pi|{FUNCTION})(?![A-Za-z])|π|√|{FUNCTION}\s*[\d(])|!\s*\$"
)
_NEGATED = re.compile(r"[-−–]\s*(?:\\left\s*)?[(\[{]\s*$|[|∣]$")
_EQUALS = re.compile(r"\s*\)?\s*\$?\s*(?:=|≈|\\approx)")
_EXPRESSION = re.compile(rf"[\s$]*=[\s$]*\(?\s*\d+\s*(?:{OPERATOR}|[-+(]|x\s*\d)")


def is_operand(text: str, start: int, end: int) -> bool:
    """Whether the number is part of a calculation, whose result stands elsewhere."""
    before, after = text[max(0, start - 20) : start].rpartition("\n\n")[2], text[end : end + 60].partition("\n\n")[0]
    if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
        return True
    if _WITHIN.search(before) or _MADE_ANOTHER.match(after):
        return True
    if text[start] in "-−–" and _NEGATED.search(before):
        return True
    return bool(_EQUALS.match(after)) and not _EXPRESSION.match(after)
