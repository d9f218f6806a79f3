"""`shape`: the shape of a tensor that the report states."""

import math
import re
from collections import Counter
from typing import ClassVar, Literal

from grader.checks._answers import decide, quoted
from grader.checks._base import Check, OnlyRead, no_answer
from grader.checks._mistakes import advice
from grader.core.derive import OutputShapeOf
from grader.core.evidence import ProblemEvidence, Reading
from grader.core.outcome import Outcome, failed, manual, passed
from grader.core.record import Record

_NOW = re.compile(r"\b(?:now|instead|becomes?|became|turns? into|reshaped to)\b[^.;,]{0,30}$")


class ShapeMistake(Record):
    """A wrong shape that students often give, and what to say about it."""

    match: tuple[int, ...]
    say: str


class Shape(Check):
    """A shape such as 28x28x8. `expect` may be derived: `{output_shape_of: {layer: Conv2d, ...}, input: [3, 32, 32]}`.

    With `layout: either` (the default) channels may come first or last: (8, 28, 28) and 28x28x8 are the same.
    """

    type: Literal["shape"] = "shape"
    expect: tuple[int, ...] | OutputShapeOf
    layout: Literal["either", "exact"] = "either"
    label: tuple[str, ...] = ()
    mistakes: tuple[ShapeMistake, ...] = ()

    answer_form: ClassVar[Literal["shape"]] = "shape"

    def _layouts(self, shape: tuple[int, ...]) -> set[tuple[int, ...]]:
        if self.layout == "exact" or len(shape) != 3:
            return {shape}
        first, last = (shape[2], *shape[:2]), (*shape[1:], shape[0])
        # A square image tells where the channels are; else both are possible.
        square = {shape[0] == shape[1]: first, shape[1] == shape[2]: last}
        return {shape, square[True]} if len(square) == 2 else {shape, first, last}

    def asked(self) -> str:
        return f"State the shape of {self.label[0]}." if self.label else "State the shape."

    def answers(self) -> tuple[str, ...]:
        return tuple(sorted("x".join(map(str, shape)) for shape in self._right()))

    def lint(self) -> list[str]:
        right = self._right()
        return [f"the mistake {list(m.match)} is accepted as right" for m in self.mistakes if m.match in right]

    def _right(self) -> set[tuple[int, ...]]:
        if isinstance(self.expect, OutputShapeOf):
            first = self.expect.value()
            return {first} if self.layout == "exact" else {first, (*first[1:], first[0])}
        return self._layouts(self.expect)

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="shape", label=self.label)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        right = self._right()
        rank = len(next(iter(right)))
        every = [r for r in evidence.readings if r.kind == "shape"]
        readings = [r for r in every if r.shape is None or len(r.shape) == rank]
        others = [r for r in every if r not in readings]
        if not readings and others:
            return self._of_another_rank(evidence, others, rank)
        decision = decide(
            evidence, readings, self.label, key=lambda r: r.shape, right=lambda r: r.shape in right, what="shape"
        )
        reading = decision.reading
        if decision.why is not None:
            return decision.why
        assert reading is not None
        if decision.verdict == "right":
            later = every[every.index(reading) :]
            against = next((r for r in later if r in others and _replaces(r, right)), None)
            if against is None:
                return passed(f"{reading.text} is right.", observed=quoted(reading), source=reading.source)
            return manual(
                f"{reading.text} is right, but {against.text} is stated as well; a person decides which one is meant.",
                observed=f"{quoted(reading)} … {quoted(against)}",
                source=reading.source,
            )
        if other := next((r for r in others for shape in right if _is_part(r.shape or (), shape)), None):
            return manual(
                f"{reading.text} is not the right shape, but {other.text} may be; a person decides.",
                observed=quoted(reading),
                source=reading.source,
            )
        hint = advice(self.mistakes, lambda wrong: wrong == reading.shape)
        return failed(
            f"{reading.text} is not the right shape.", observed=quoted(reading), source=reading.source, advice=hint
        )

    def _of_another_rank(self, evidence: ProblemEvidence, others: list[Reading], rank: int) -> Outcome:
        last = others[-1]
        if any(_is_part(r.shape or (), shape) for r in others for shape in self._right()):
            return manual(
                f"The shape is given in another form ({last.text}); a person reads it.",
                observed=quoted(last),
                source=last.source,
            )
        if any(section.unread for section in evidence.sections) or last.doubt not in ("", "input"):
            return no_answer(evidence, "shape")
        return failed(
            f"{last.text} has {len(last.shape or ())} dimensions; the shape asked for has {rank}.",
            observed=quoted(last),
            source=last.source,
        )


def _replaces(reading: Reading, right: set[tuple[int, ...]]) -> bool:
    """Whether a shape of another rank is asserted that is neither a part of the right one nor its values in a row."""
    plain = reading.strength != "mentioned" and not reading.doubt and reading.shape is not None
    if plain and _NOW.search(reading.before):
        return True
    return plain and not any(
        _is_part(reading.shape or (), shape) or math.prod(reading.shape or ()) == math.prod(shape) for shape in right
    )


def _is_part(shape: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether one has what the other has and more: without its channels (28 x 28), or with a batch (1, 8, 28, 28)."""
    less, more = Counter(shape), Counter(right)
    return bool(shape) and (less <= more or more <= less)
