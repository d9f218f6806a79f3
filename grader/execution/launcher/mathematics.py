"""Compares expressions, line by line, in a process that may be killed at any of them."""

import json
import logging
import math
import random
import sys

_POINTS = 5
_CLOSE = 1e-9


_TRIED = (  # what its parser builds its tables from: they hold what the grammar says, and no expression
    r"\frac{1}{2} x^2 + \sqrt{y_1} - 3.5 \cdot 10^{-3}",
    r"\begin{bmatrix} 1 & 0 \\ 0.5 & -1 \end{bmatrix}",
    r"\frac{\partial L}{\partial W} = x^T (p - y)",
    r"\sum_{i=1}^{n} \log(p_i) e^{-x} + \sin(2 \pi t)",
    "2*x + (3 - y)/4 = 7, [1, 2], 50%",
)


def warm() -> None:
    """Import what reads and compares expressions, and let it build its tables on some of ours."""
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)
    for text in _TRIED:
        expression = parse(f"${text}$", parsing_timeout=None, fallback_mode="no_fallback")
        verify(expression, expression, timeout_seconds=None)


def serve() -> None:
    """Read `[given, expected, variables]` a line, answer `[equal or null, why not, value, expected value]` a line."""
    from math_verify import parse

    logging.disable(logging.CRITICAL)  # it warns that nothing ends it here; the host does

    def read(text: str) -> list[object]:
        marked = text if "$" in text or "\\(" in text or "\\[" in text else f"${text}$"
        return list(parse(marked, parsing_timeout=None, fallback_mode="no_fallback"))

    known: dict[str, list[object]] = {}  # each answer is compared with several, each of these with many answers

    def remembered(text: str) -> list[object]:
        if text not in known and len(known) < 1000:
            known[text] = read(text)
        return known.get(text) or read(text)

    print("ready", flush=True)  # noqa: T201  # the protocol
    for line in sys.stdin:
        try:
            given, expected, variables = json.loads(line)
            answer = _compare(remembered(given), remembered(expected), [remembered(name) for name in variables])
        except (Exception, RecursionError) as error:
            answer = [None, f"can't be compared ({type(error).__name__})", None, None]
        print(json.dumps(answer), flush=True)  # noqa: T201


def _compare(given: list[object], expected: list[object], variables: list[list[object]]) -> list[object]:
    if not expected:
        return [None, "the expected expression can't be read", None, None]
    wanted_value = _constant(expected[0])
    if not given:
        return [None, "can't be read as an expression", None, wanted_value]
    value = _constant(given[0])
    if variables:
        names = {name for parsed in variables if parsed for name in _names(parsed[0])}
        strange = sorted(map(str, _names(given[0]) - names))
        if strange:
            return [None, f"uses {', '.join(strange)}, which the problem doesn't name", value, wanted_value]
        sampled = _sampled(given[0], expected[0], names)
        if sampled is not None:
            return [sampled, "", value, wanted_value]
    if value is not None and wanted_value is not None:
        return [math.isclose(value, wanted_value, rel_tol=_CLOSE, abs_tol=_CLOSE), "", value, wanted_value]
    from math_verify import verify

    return [bool(verify(expected, given, timeout_seconds=None)), "", value, wanted_value]


def _names(expression: object) -> set[object]:
    return set(getattr(expression, "free_symbols", ()))


def _constant(expression: object) -> float | None:
    """The value of an expression without names; None for others and for what is not a finite real number."""
    if not hasattr(expression, "evalf") or _names(expression):
        return None
    try:
        value = complex(expression.evalf())
    except (TypeError, ValueError, OverflowError):
        return None
    real = math.isfinite(value.real) and abs(value.imag) <= _CLOSE * max(1, abs(value.real))
    return value.real if real else None


def _sampled(given: object, expected: object, names: set[object]) -> bool | None:
    """Whether both have the same values at some points; None where one of them has none there.

    The points are the same in every run: a verdict must not depend on chance. Two different expressions that students
    write agree at five random points with a probability of practically zero.
    """
    numbers = random.Random(0)  # noqa: S311  # points, not secrets
    for _ in range(_POINTS):
        point = {name: numbers.uniform(0.2, 1.8) for name in sorted(names, key=str)}
        try:
            one, other = (complex(side.evalf(subs=point)) for side in (given, expected))  # type: ignore[attr-defined]
        except (AttributeError, TypeError, ValueError, OverflowError):
            return None
        if not math.isfinite(abs(one) + abs(other)):
            return None
        if abs(one - other) > _CLOSE * max(1.0, abs(other)):
            return False
    return True
