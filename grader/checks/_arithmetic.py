"""Reads arithmetic and small ReLU networks from formulas: pure, and bounded whatever stands there."""

import math
import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:,\d{3})*(?![\d])\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?)|(?P<name>\\?[A-Za-z]+(?:_\{?\w{1,3}\}?|\d{1,2})?'?)"
    r"|(?P<sign>\*\*|[-+*/^()\[\]{},]))"
)
_SIGNS = str.maketrans({"·": "*", "×": "*", "−": "-", "–": "-"})
_TIMES = re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])")
_CROSS = re.compile(r"(?<=[\d)])\s*x(?=\s*[\d(])")
_WORDS = re.compile(r"\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{([^{}]*)\}")
_UNIT = re.compile(r"(?<=\d)\s*(?:parameters?|params?|weights?|bias(?:es)?)\b", re.IGNORECASE)
_SPACED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_LONGEST = 1000
_LARGEST = 1e30
_MOST_UNITS = 200


class UnreadableError(ValueError):
    """What stands there is no arithmetic, or too large."""


@dataclass(frozen=True)
class Form:
    """A constant plus weights times inputs and units, by their names."""

    constant: float = 0.0
    weights: dict[str, float] = field(default_factory=dict)

    def plus(self, other: "Form", times: float = 1.0) -> "Form":
        """The sum of both, the other one `times` as much."""
        names = {*self.weights, *other.weights}
        summed = {n: self.weights.get(n, 0.0) + times * other.weights.get(n, 0.0) for n in names}
        return Form(_finite(self.constant + times * other.constant), {n: w for n, w in summed.items() if w})

    def times(self, factor: float) -> "Form":
        """Every weight and the constant times a number."""
        return Form().plus(self, factor)

    def at(self, values: dict[str, float]) -> float:
        """Its value, given those of its inputs and units."""
        return self.constant + sum(weight * values[name] for name, weight in self.weights.items())


def evaluate(text: str) -> float:
    """The value of plain arithmetic such as `96 \\times 11^2 \\times 3 + 96`. Raises UnreadableError."""
    form = Reader(_CROSS.sub("*", normal(text)), {}).form()
    if form.weights:
        raise UnreadableError("holds names")
    return form.constant


def normal(text: str) -> str:
    """Arithmetic without LaTeX's spelling of signs and without words for units."""
    text = _WORDS.sub(r"\1", text[:_LONGEST]).translate(_SIGNS).replace("{,}", ",").replace("\\,", "")
    text = _UNIT.sub("", text.replace("\\left", "").replace("\\right", "").replace("$", ""))
    return _SPACED.sub("", _TIMES.sub("*", text))


class Reader:
    """Reads one formula. `known` holds what names stand for; each ReLU in it becomes one of the `units`."""

    def __init__(self, text: str, known: dict[str, Form], units: dict[str, Form] | None = None) -> None:
        self.tokens = _tokens(normal(text))
        self.position = 0
        self.depth = 0
        self.known, self.units = known, {} if units is None else units

    def form(self) -> Form:
        """The whole formula. Raises UnreadableError where it is no sum of weighted inputs and units."""
        found = self._sum()
        if self.position < len(self.tokens):
            raise UnreadableError(f"“{self.tokens[self.position]}” was not expected")
        return found

    def _next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def _take(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1] if self.position <= len(self.tokens) else ""

    def _sum(self) -> Form:
        self.depth += 1
        if self.depth > 50:
            raise UnreadableError("is nested too deeply")
        found = Form()
        sign = 1.0
        if self._next() in ("+", "-"):
            sign = -1.0 if self._take() == "-" else 1.0
        found = found.plus(self._product(), sign)
        while self._next() in ("+", "-"):
            sign = -1.0 if self._take() == "-" else 1.0
            while self._next() in ("+", "-"):
                sign *= -1.0 if self._take() == "-" else 1.0
            found = found.plus(self._product(), sign)
        self.depth -= 1
        return found

    def _product(self) -> Form:
        found = self._power()
        while True:
            sign = self._next()
            if sign in ("*", "/"):
                self._take()
                other = self._power()
            elif sign and (sign[0].isalnum() or sign[0] in "\\([{."):
                sign, other = "*", self._power()
            else:
                return found
            if sign == "/":
                if other.weights or not other.constant:
                    raise UnreadableError("divides by what is no number")
                found = found.times(1 / other.constant)
            elif not other.weights:
                found = found.times(other.constant)
            elif not found.weights:
                found = other.times(found.constant)
            else:
                raise UnreadableError("multiplies inputs with each other")

    def _power(self) -> Form:
        base = self._atom()
        if self._next() not in ("^", "**"):
            return base
        self._take()
        negative = self._next() == "-" and bool(self._take())
        exponent = self._power()
        if base.weights or exponent.weights or abs(exponent.constant) > 64:
            raise UnreadableError("has a power that is not read")
        try:
            value = base.constant ** (-exponent.constant if negative else exponent.constant)
        except (OverflowError, ZeroDivisionError) as error:
            raise UnreadableError("is too large") from error
        if isinstance(value, complex):
            raise UnreadableError("is no real number")
        return Form(_finite(value))

    def _atom(self) -> Form:
        token = self._take()
        if not token:
            raise UnreadableError("ends too early")
        if token[0].isdigit() or token[0] == ".":
            return Form(_finite(float(token.replace(",", ""))))
        if token in ("(", "[", "{"):
            return self._until({"(": ")", "[": "]", "{": "}"}[token])
        if token in ("\\frac", "\\dfrac", "\\tfrac"):
            top, bottom = self._atom(), self._atom()
            if bottom.weights or not bottom.constant:
                raise UnreadableError("divides by what is no number")
            return top.times(1 / bottom.constant)
        if token.lower() in ("relu", "\\relu", "max", "\\max") and self._next() in ("(", "[", "{", "\\{"):
            return self._unit(token.lower().lstrip("\\"))
        name = token.replace("_", "").replace("{", "").replace("}", "")
        if name in self.known:
            return self.known[name]
        raise UnreadableError(f"“{token}” is not known")

    def _until(self, closing: str) -> Form:
        found = self._sum()
        if self._take() != closing:
            raise UnreadableError(f"“{closing}” is missing")
        return found

    def _unit(self, function: str) -> Form:
        """`ReLU(...)` or `max(0, ...)`: a unit with its own name."""
        closing = {"(": ")", "[": "]", "{": "}"}[self._take()]
        inside = self._sum()
        if function == "max":
            if self._take() != ",":
                raise UnreadableError("max of one value")
            first, inside = inside, self._sum()
            if inside == Form():
                first, inside = inside, first
            if first != Form():
                raise UnreadableError("max without 0")
        if self._take() != closing:
            raise UnreadableError(f"“{closing}” is missing")
        if len(self.units) >= _MOST_UNITS:
            raise UnreadableError("has too many units")
        name = f"unit {len(self.units) + 1}"
        self.units[name] = inside
        return Form(0.0, {name: 1.0})


def _finite(value: float) -> float:
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise UnreadableError("is too large")
    return value


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise UnreadableError(f"“{text[position]}” was not expected")
        found.append(match[0].strip())
        position = match.end()
        if text[position:].isspace():
            break
    return found
