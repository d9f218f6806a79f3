"""`numeric`: a number that the report states."""

import math
import re
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from grader.checks._answers import decide, quoted
from grader.checks._base import Check, OnlyRead
from grader.checks._mistakes import advice
from grader.core.derive import ParametersOf
from grader.core.evidence import ProblemEvidence, Reading
from grader.core.outcome import Outcome, failed, passed
from grader.core.record import Record

_RATE = re.compile(r"accura|\bacc\b|percent|\brates?\b|score|precision|recall")
# The sign may be said beside the number: "0.75 in the negative direction", "of magnitude 0.75".
_SIGN_IN_WORDS = re.compile(r"\b(?:negativ\w{0,2}|magnitude|absolute value|opposite)\b")


class Mistake(Record):
    """A wrong value that students often give, and what to say about it."""

    match: float
    say: str


class Numeric(Check):
    """A number in the answer: `expect` it (give or take `tolerance`), or ask that it lies `between` two bounds.

    `label` holds words that stand next to the number, such as `[parameters, weights]`; they tell it from the other
    numbers of the answer. `expect` may be derived: `{parameters_of: {layer: Conv2d, ...}}`.
    """

    type: Literal["numeric"] = "numeric"
    expect: float | ParametersOf | None = None
    accept: tuple[float, ...] = ()
    between: tuple[float, float] | None = None
    tolerance: float = Field(default=0.0, ge=0)
    label: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    answer_form: ClassVar[Literal["number"]] = "number"

    @model_validator(mode="after")
    def _one_criterion(self) -> "Numeric":
        if (self.expect is None) == (self.between is None):
            raise ValueError("give either `expect` or `between`")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError(f"`between` is empty: {self.between[0]:g} is above {self.between[1]:g}")
        return self

    def lint(self) -> list[str]:
        return [
            f"the mistake {mistake.match:g} is accepted as right"
            for mistake in self.mistakes
            if self._right(mistake.match)
        ]

    def asked(self) -> str:
        what = f"the number of {self.label[0]}" if self.label else "a number"
        return f"State {what}."

    def answers(self) -> tuple[str, ...]:
        expect = self.expect.value() if isinstance(self.expect, ParametersOf) else self.expect
        return tuple(f"{value:.15g}" for value in (expect, *self.accept) if value is not None)

    def _right(self, value: float) -> bool:
        if self.between:
            return self.between[0] <= value <= self.between[1]
        expect = self.expect.value() if isinstance(self.expect, ParametersOf) else self.expect
        assert expect is not None
        return any(abs(value - right) <= self.tolerance for right in (float(expect), *self.accept))

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="number", label=self.label)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        readings = [r for r in evidence.readings if r.kind == "number"]
        what = self.label[0] if self.label else "number"
        decision = decide(evidence, readings, self.label, key=lambda r: r.number, right=self._reads_right, what=what)
        reading = decision.reading
        if decision.why is not None:
            return decision.why
        assert reading is not None
        assert reading.number is not None
        if decision.verdict == "right":
            return passed(f"{reading.text} is right.", observed=quoted(reading), source=reading.source)
        value = reading.number
        hint = advice(self.mistakes, lambda wrong: abs(wrong - value) <= self.tolerance)
        return failed(
            f"{reading.text} is not right for “{what}”.", observed=quoted(reading), source=reading.source, advice=hint
        )

    def _reads_right(self, reading: Reading) -> bool | None:
        """None where its characters may as well mean another number, and that would change the verdict."""
        assert reading.number is not None
        verdicts = {self._is_right(value, reading) for value in (reading.number, *reading.others)}
        if len(verdicts) == 2:
            return None
        signed = reading.parenthesised or _SIGN_IN_WORDS.search(f"{reading.before} {reading.after}")
        perhaps = [*reading.unlikely, *([-reading.number] if signed else [])]
        right = verdicts.pop()
        return None if not right and any(self._is_right(value, reading) for value in perhaps) else right

    def _is_right(self, value: float, reading: Reading) -> bool:
        return self._right(value / 100 if self._of_hundred(value, reading) else value)

    def _of_hundred(self, value: float, reading: Reading) -> bool:
        """Whether a bare 97.79 means percent: an accuracy was asked for, which can't be more than 1."""
        highest = self.between[1] if self.between else max((float(right) for right in self.answers()), default=math.inf)
        words = f"{' '.join(self.label)} {reading.before[-60:]} {reading.after[:60]}".lower()
        return highest <= 1 < value <= 100 and not reading.percent and _RATE.search(words) is not None
