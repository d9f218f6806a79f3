"""What to try on a function that a student wrote, and how it must behave."""

import ast
import random
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from grader.core.calls import Array, Case, Growth
from grader.core.inputs import Argument, Numbers, draw, fill
from grader.core.python_source import parsed
from grader.core.record import Record

_VECTORISED, _LOOP = 3.0, 6.0  # times the growth of the reference: below one, above the other, nothing is said between
_LEAST_GROWTH = 1e-3  # seconds; less is noise
_LEAST_ROUNDS = 6
_ORDINARY = "values"


class Property(Record):
    """One property of the function, worth `share` of the check's points; 0 makes it a note.

    `values`: the same numbers as the reference on ordinary inputs. `shape`: the same shape. `stable`: the same numbers
    on inputs that are `scale` times as large, and on those given. `edge`: the same numbers on the inputs given; `say`
    names what is special about them. `gradient`: the derivative of the function `loss` by its argument `of`, found by
    finite differences. Beside the inputs given, `cases` are drawn, for `edge` none. `vectorised`: as the size called
    `along` grows from `sizes[0]` to `sizes[1]`, time grows no more than a few times as much as the reference's; where
    that is unsure, a person decides.
    """

    kind: Literal["values", "shape", "stable", "edge", "gradient", "vectorised"]
    share: float = Field(ge=0, le=1)
    cases: int = Field(default=12, ge=0, le=200)
    scale: float = Field(default=1000.0, gt=0)
    inputs: tuple[dict[str, Numbers], ...] = ()
    loss: str = ""
    of: str = ""
    along: str = "N"
    sizes: tuple[int, int] = (2_000, 20_000)
    say: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "Property":
        if not self.inputs and (self.kind == "edge" or not self.cases):
            raise ValueError(f"`{self.kind}` needs `inputs`")
        if self.kind == "edge" and not self.say:
            raise ValueError("`edge` needs to `say` what is special about its inputs")
        if self.kind == "gradient" and not (self.loss and self.of):
            raise ValueError("`gradient` needs the `loss` and the argument `of` which it is the derivative")
        if not 0 < self.sizes[0] < self.sizes[1] <= 500_000:
            raise ValueError("`sizes` are a small and a large one, of at most 500,000")
        return self


class FunctionRequest(Record):
    """To call a student's function on drawn inputs and to say what the reference gives for them."""

    function: str = Field(pattern=r"^[A-Za-z_]\w*$")
    aliases: tuple[str, ...] = ()
    arguments: dict[str, Argument] = Field(min_length=1)
    sizes: dict[str, tuple[int, int]] = {}
    reference: str
    accept: tuple[str, ...] = ()
    properties: tuple[Property, ...] = Field(min_length=1)
    tolerance: float = Field(default=1e-5, gt=0)
    seconds: float = Field(default=2.0, gt=0, le=60)
    seed: int = 0
    library: Literal["numpy", "torch"] = "numpy"

    @model_validator(mode="after")
    def _consistent(self) -> "FunctionRequest":
        total = sum(p.share for p in self.properties)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of the properties add up to {total:g} instead of 1")
        kinds = [p.kind for p in self.properties]
        if any(kinds.count(kind) > 1 for kind in ("values", "shape", "vectorised")):
            raise ValueError("`values`, `shape` and `vectorised` may stand once each")
        for code in (self.reference, *self.accept):
            self.program(code, self.function)
        for prop in self.properties:
            if prop.loss:
                self.program(prop.loss, "loss")
            for inputs in prop.inputs:
                if set(inputs) != set(self.arguments):
                    raise ValueError(f"`inputs` must give {', '.join(self.arguments)}, and nothing else")
            if prop.of and prop.of not in self.arguments:
                raise ValueError(f"`of: {prop.of}` is no argument")
            if prop.kind == "vectorised" and not any(prop.along in a.shape for a in self.arguments.values()):
                raise ValueError(f"`along: {prop.along}` is a size of no argument")
        return self

    def program(self, code: str, name: str) -> str:
        """The reference or a loss as a definition of a function of this name. Raises ValueError for anything else."""
        try:
            expression: ast.Module | ast.Expression = ast.parse(code.strip(), mode="eval")
        except SyntaxError:
            try:
                expression = parsed(code)
            except SyntaxError as error:
                raise ValueError(f"`{code.strip()[:60]}` is no Python: {error.msg}") from None
        if isinstance(expression, ast.Expression):
            return f"def {name}({', '.join(self.arguments)}):\n    return (\n{code.strip()}\n)"
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in expression.body):
            raise ValueError(f"`{code.strip()[:60]}` defines no function `{name}`")
        return code

    def cases(self, code: str) -> Iterator[Case]:
        """The inputs to call it with, in groups; `code` is the student's own, which they depend on."""
        seed = f"{self.seed}/{code}"
        ordinary = any(p.kind == "values" for p in self.properties)
        for number, prop in enumerate(self.properties):
            if prop.kind == "vectorised" or (prop.kind == "shape" and ordinary):
                continue
            group = self.group(number)
            given = [{name: self._as(name, inputs[name]) for name in self.arguments} for inputs in prop.inputs]
            scale = prop.scale if prop.kind == "stable" else 1.0
            count = 0 if prop.kind == "edge" else prop.cases
            drawn = draw(self.arguments, self.sizes, count, f"{group}/{seed}", scale)
            yield from (Case(group=group, inputs=inputs) for inputs in (*given, *drawn))

    def large(self, prop: Property, code: str) -> tuple[dict[str, Array], dict[str, Array]]:
        """The small and the large inputs between which time is compared."""
        dice = random.Random(f"{self.seed}/{code}")  # noqa: S311  # inputs, not secrets
        letters = {s for a in self.arguments.values() for s in (*a.shape, a.below) if isinstance(s, str)}

        def inputs(size: int) -> dict[str, Array]:
            sizes = dict.fromkeys(letters, 4) | {prop.along: size}
            return {name: fill(argument, sizes, dice, 0) for name, argument in self.arguments.items()}

        return inputs(prop.sizes[0]), inputs(prop.sizes[1])

    def group(self, number: int) -> str:
        """The group of cases that try the property of this number."""
        kind = self.properties[number].kind
        return _ORDINARY if kind in ("values", "shape") else f"{kind} {number}"

    def loss_of(self, group: str) -> Property | None:
        """The property whose loss is differentiated for this group of cases, if it is one of those."""
        kind, _, number = group.partition(" ")
        return self.properties[int(number)] if kind == "gradient" else None

    def _as(self, name: str, value: Array) -> Array:
        if self.arguments[name].values == "labels":
            return Array.of(value.values, value.shape, whole=True)
        return value


def growth_ratios(growth: Growth) -> tuple[float, float]:
    """How many times as much as the reference's its time grows: by the odd rounds and by the even ones, lower first.

    What disturbs a measurement only makes it longer, so that the fastest of some is nearest to the truth.
    """
    ratios = []
    for first in (0, 1):
        rounds = (growth.student[first::2], growth.reference[first::2])
        grown = (min(large for _, large in of) - min(small for small, _ in of) for of in rounds)
        student, reference = (max(seconds, _LEAST_GROWTH) for seconds in grown)
        ratios.append(student / reference)
    return min(ratios), max(ratios)


def vectorised(growth: Growth) -> bool | None:
    """Whether time grows as a vectorised function's does; None while odd and even rounds don't both say it."""
    if len(growth.student) < _LEAST_ROUNDS:
        return None
    low, high = growth_ratios(growth)
    return True if high <= _VECTORISED else False if low >= _LOOP else None
