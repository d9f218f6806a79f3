"""`weights`: the shapes of the weights that TensorFlow 1 code makes, counted without running it."""

import math
import re
from typing import Literal

from pydantic import Field

from grader.checks._base import Check, OnlyRead, no_answer
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, failed, partial, passed
from grader.core.record import Record
from grader.core.source import Source

_SHAPE = r"[\[(](?P<{}>(?:[^()\[\]]|\[[^()\[\]]{{0,50}}\]){{1,200}})[\])]"
_VARIABLE = re.compile(
    r"tf\.get_variable\(\s*(?:name\s*=\s*)?['\"](?P<name>\w{1,80})['\"]\s*,\s*(?:shape\s*=\s*)?"
    + _SHAPE.format("shape")
    + r"|(?P<named>\w{1,80})\s*=\s*tf\.Variable\(\s*tf\.\w{1,40}(?:\.\w{1,40})?\(\s*(?:shape\s*=\s*)?"
    + _SHAPE.format("given")
)
_MOST_TEXT = 200_000
_MOST_VARIABLES = 200

Shape = tuple[int | None, ...]


class _Variable(Record):
    """A weight that the code makes; a size that it computes is None."""

    name: str
    shape: Shape
    source: Source

    def __str__(self) -> str:
        return f"{self.name} {' x '.join('?' if size is None else str(size) for size in self.shape)}"


class Weights(Check):
    """The `shapes` of weights that code for TensorFlow 1 makes by `tf.get_variable` or `tf.Variable`, such as
    `[[3, 3, 1, 32], [32]]` for a convolution and its biases. Nothing is run: shapes are read from the code.

    Each shape that is there earns its share; more may be there. A size that the code computes can't be read, so
    `null` stands for any size.
    """

    type: Literal["weights"] = "weights"
    shapes: tuple[Shape, ...] = Field(min_length=1)

    def asked(self) -> str:
        return "Show the code that makes the weights of the network."

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="weights")

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        made = [variable for section in evidence.sections for variable in weights_made(section.text, section.source)]
        if not made:
            return no_answer(evidence, "code that makes weights")
        left, missing = list(made), []
        for shape in self.shapes:
            match = next((variable for variable in left if _fits(variable.shape, shape)), None)
            if match is None:
                missing.append(" x ".join("any" if size is None else str(size) for size in shape))
            else:
                left.remove(match)
        observed = "; ".join(map(str, made[:10]))
        known = [variable for variable in made if None not in variable.shape]
        total = sum(math.prod(size or 0 for size in variable.shape) for variable in known)
        counted = f"Read from the code: {observed}: {total:,} parameters in {len(known)} of {len(made)} weights."
        if not missing:
            return passed(counted, observed=observed, source=made[0].source)
        message = f"{counted} Missing: {'; '.join(missing)}."
        if len(missing) == len(self.shapes):
            return failed(message, observed=observed, source=made[0].source)
        share = 1 - len(missing) / len(self.shapes)
        return partial(share, message, observed=observed, source=made[0].source)


def _fits(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(b is None or a == b for a, b in zip(shape, wanted, strict=True))


def weights_made(text: str, source: Source) -> list[_Variable]:
    """What the code makes, in its order; `get\\_variable` is how some converters write it."""
    code = text[:_MOST_TEXT].replace("\\_", "_")
    found = []
    for match in _VARIABLE.finditer(code):
        sizes = [size for part in (match["shape"] or match["given"]).split(",") if (size := part.strip())]
        shape = tuple(int(size) if re.fullmatch(r"\d{1,9}", size) else None for size in sizes)
        found.append(_Variable(name=match["name"] or match["named"], shape=shape, source=source))
        if len(found) == _MOST_VARIABLES:
            break
    return found
