"""Formulas of an answer: which one is asserted, and spelled as a parser expects."""

import re

from grader.core.evidence import Formula

_SPACES = re.compile(r"[\s{}$\\]+|\\[,;:! ]")
_ACCENT = re.compile(r"\\(?:hat|bar|tilde|dot|vec|mathbf|mathrm|mathit|boldsymbol|bm|text)\s*\{?\s*([A-Za-z])\s*\}?")
_POWER = re.compile(r"\*\*\s*(-?\w+(?:\.\d+)?|\([^()]*\))")
_BRACED_COMMA = re.compile(r"(?<=(\d))\{,\}(?=(\d+))")
_TIMES_ALL = str.maketrans({"·": r"\cdot ", "×": r"\times ", "−": "-", "*": r"\cdot ", "½": r"\frac{1}{2}"})
_LONGEST = 2000


def plain(text: str) -> str:
    """A name without braces, backslashes and spaces, in lower case: `\\frac{\\partial f}{\\partial w_2}`."""
    return _SPACES.sub("", _ACCENT.sub(r"\1", text)).lower()


def named(formulas: tuple[Formula, ...], labels: tuple[str, ...]) -> tuple[Formula, ...]:
    """The formulas whose left-hand side, name or words before are a label, earlier labels first; without labels all."""
    if not labels:
        return formulas
    for label in labels:
        wanted = plain(label)
        found = tuple(
            f
            for f in formulas
            if wanted in {plain(f.name), *(plain(side) for side in f.sides[:-1])}
            or re.search(rf"(?<!\w){re.escape(label.lower())}(?!\w)", f.lead)
        )
        if found:
            return found
    return ()


def spelled(text: str, functions: dict[str, str], names: dict[str, tuple[str, ...]]) -> str:
    """The text as a parser of LaTeX reads it: other names and functions of the problem put into its own."""
    text = text[:_LONGEST]
    for name, others in names.items():
        for other in sorted(others, key=len, reverse=True):
            text = re.sub(rf"{re.escape(other)}(?![A-Za-z0-9])", lambda _, name=name: f" {name}", text)  # type: ignore[misc]
    text = re.sub(r"(?<![A-Za-z\\])(?:np\.|math\.)", "", text)
    for function, body in ({"exp": "e^{x}", r"\exp": "e^{x}"} | functions).items():
        text = _applied(text, function, body)
    text = _ACCENT.sub(r"\1", text).replace("{.}", ".")
    text = _BRACED_COMMA.sub(lambda m: "" if len(m[2]) == 3 and m[1] != "0" else ".", text)
    return _POWER.sub(lambda m: f"^{{{m[1]}}}", text).translate(_TIMES_ALL).strip()


def _applied(text: str, function: str, body: str) -> str:
    """Each `function(argument)` replaced by the body with the argument for its x; innermost and nested ones too."""
    opening = re.compile(rf"(?<![A-Za-z\\]){re.escape(function)}\s*(?=\()")
    for _ in range(20):
        calls = list(opening.finditer(text))
        if not calls:
            break
        call = calls[-1]
        end = _closing(text, call.end())
        if end is None:
            break
        argument = text[call.end() + 1 : end]
        value = re.sub(r"(?<![A-Za-z\\])x(?![A-Za-z])", lambda _, a=argument: f"({a})", body)  # type: ignore[misc]
        text = f"{text[: call.start()]}({value}){text[end + 1 :]}"[: 4 * _LONGEST]
    return text


def _closing(text: str, start: int) -> int | None:
    """Where the parenthesis at `start` closes."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return None
