"""Labels that stand at the beginning of a line or are printed by lists: "(a)", "3B)", "iv."."""

import re

# A number of at most two figures, for what follows it is rarely an answer: "1)", "3B)", "1.2.", "(a)", "(iv)", "b)".
_PLAIN = r"(?:[1-9]\d?(?:\.[1-9]\d?){0,2}[A-Za-z]?|[A-Za-z]|[ivxIVX]{2,4})"
_LABEL = re.compile(rf"[ \t]{{0,20}}(\({_PLAIN}\)|{_PLAIN}\)|[1-9]\d?[A-Za-z]?\.)(?=[ \t])[ \t]+(?=\S)")


def label_at(line: str) -> tuple[str, int] | None:
    """The label that a line begins with and where the words behind it begin, or None."""
    found = _LABEL.match(line)
    return (found[1], found.end()) if found else None


def number_as(number: int, form: str) -> str:
    """A number as a list of the form "1", "a", "A", "i" or "I" prints it."""
    if form in ("i", "I") and 0 < number < 4000:
        roman = ""
        left = number
        for value, sign in _ROMAN:
            roman += sign * (left // value)
            left %= value
        return roman if form == "i" else roman.upper()
    if form in ("a", "A") and number > 0:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord("a") + rest) + letters
        return letters if form == "a" else letters.upper()
    return str(number)


_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
