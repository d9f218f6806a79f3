"""`shape`: the shape of a tensor that the report states."""

from typing import Literal

from grader.checks._answers import asserted, listing, of_kind
from grader.checks._base import Check, no_answer
from grader.core.derive import OutputShapeOf
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, passed
from grader.core.record import Record


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

    def _layouts(self, shape: tuple[int, ...]) -> set[tuple[int, ...]]:
        if self.layout == "exact" or len(shape) != 3:
            return {shape}
        return {shape, (*shape[1:], shape[0]), (shape[2], *shape[:2])}

    def asked(self) -> str:
        return f"State the shape of {self.label[0]}." if self.label else "State the shape."

    def lint(self) -> list[str]:
        right = self._right()
        return [f"the mistake {list(m.match)} is accepted as right" for m in self.mistakes if m.match in right]

    def _right(self) -> set[tuple[int, ...]]:
        if isinstance(self.expect, OutputShapeOf):
            first = self.expect.value()
            return {first} if self.layout == "exact" else {first, (*first[1:], first[0])}
        return self._layouts(self.expect)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        right = self._right()
        rank = len(next(iter(right)))
        readings = of_kind(evidence, "shape")
        found = asserted([r for r in readings if r.shape and len(r.shape) == rank], self.label, key=lambda r: r.shape)
        if not found and readings:
            return failed(
                f"{readings[-1].text} has {len(readings[-1].shape or ())} dimensions; the shape asked for has {rank}.",
                observed=readings[-1].text,
                source=readings[-1].source,
            )
        if not found:
            return no_answer(evidence, "shape")
        if len(found) > 1:
            return manual(
                f"Several shapes could be the answer ({listing(found)}); a person decides which one is meant.",
                observed=listing(found),
                source=found[0].source,
            )
        reading = found[0]
        if reading.shape in right:
            return passed(f"{reading.text} is right.", observed=reading.text, source=reading.source)
        advice = next((m.say for m in self.mistakes if m.match == reading.shape), "")
        return failed(
            f"{reading.text} is not the right shape.", observed=reading.text, source=reading.source, advice=advice
        )
