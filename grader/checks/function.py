"""`function`: what a function that the student wrote does with inputs that the grader sends."""

import ast
import random
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from grader.checks._base import Check
from grader.checks._cases import Argument, Numbers, draw, fill
from grader.core.evidence import FunctionRun, ProblemEvidence
from grader.core.fault import Fault
from grader.core.functions import Array, Call, Case, Growth
from grader.core.outcome import Outcome, failed, manual, partial, passed
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


class _Finding(Record):
    """What was found of one property: right or wrong, None where that can't be said; `says` tells it."""

    kind: str
    share: float
    right: bool | None
    tried: int
    says: str


class Function(Check):
    """A function by its `function` name or one of its `aliases`, called in the sandbox; the host compares what returns.

    The `reference` is an expression in the arguments, or Python that defines a function of this name, with numpy as
    `np`; what one of `accept` gives is right as well. Inputs are drawn for the `arguments`, whose letters vary between
    1 and 6 or as `sizes` says; they depend on the student's code and `seed`, so they can't be prepared for. Each of
    the `properties` earns its share of the points. Results may differ by `tolerance`, relative and absolute. A call may
    take `seconds`. With `library: torch` arguments come as tensors.
    """

    type: Literal["function"] = "function"
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

    looks_at: ClassVar[Literal["functions"]] = "functions"

    @model_validator(mode="after")
    def _consistent(self) -> "Function":
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

    def asked(self) -> str:
        return f"Write the function `{self.function}({', '.join(self.arguments)})`."

    def lint(self) -> list[str]:
        kinds = [p.kind for p in self.properties]
        return [] if {"values", "gradient", "edge"} & set(kinds) else ["no property looks at ordinary values"]

    def program(self, code: str, name: str) -> str:
        """The reference or a loss as a definition of a function of this name. Raises ValueError for anything else."""
        try:
            expression: ast.Module | ast.Expression = ast.parse(code.strip(), mode="eval")
        except SyntaxError:
            try:
                expression = ast.parse(code)
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
            group = self._group(number)
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

    def _group(self, number: int) -> str:
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

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        run = evidence.functions.get(self.title)
        if run is None:
            return manual("The function was not run; a person reads it.")
        if run.problem:
            return self._not_run(run)
        findings = [self._finding(number, prop, run) for number, prop in enumerate(self.properties)]
        return self._outcome(run, findings)

    def _not_run(self, run: FunctionRun) -> Outcome:
        source = str(run.source or "")
        if run.fault is Fault.student:
            message = run.problem[:1].upper() + run.problem[1:] + "."
            return failed(message, source=source, advice=f"Hand in the code that defines `{self.function}`.")
        if run.fault is Fault.unread:
            return manual(f"{run.problem}; a person reads it.", source=source)
        whose = "The rubric's reference" if run.fault is Fault.rubric else "The machine"
        return Outcome(status="error", message=f"{whose} failed: {run.problem}", source=source)

    def _outcome(self, run: FunctionRun, findings: list[_Finding]) -> Outcome:
        earned = sum(f.share for f in findings if f.right)
        unsure = [f for f in findings if f.right is None and f.share]
        order = sorted(findings, key=lambda f: f.right is not False)  # what went wrong comes first
        told = " ".join([*(f.says for f in order if f.says), *run.notes])
        observed = ", ".join(f"{f.kind}: {_WORDS[f.right]}" for f in findings)
        source = str(run.source or "")
        details: dict[str, Any] = {
            "inputs": len(run.calls),
            "properties": [f.model_dump(mode="json") for f in findings],
            "seconds": round(run.seconds, 3),
        }
        if unsure:
            return manual(told, observed=observed, source=source, **details)
        if earned >= 1 - 1e-9:
            return passed(told, observed=observed, source=source, **details)
        if earned <= 1e-9:
            return failed(told, observed=observed, source=source, **details)
        return partial(round(earned, 9), told, observed=observed, source=source, **details)

    def _finding(self, number: int, prop: Property, run: FunctionRun) -> _Finding:
        if prop.kind == "vectorised":
            verdict, says = self._speed(run)
            return _Finding(kind=prop.kind, share=prop.share, right=verdict, tried=1, says=says)
        calls = [c for c in run.calls if c.group == self._group(number)]
        faults = self._faults(calls, by_shape=prop.kind == "shape")
        first = next(((call, fault) for call, fault in zip(calls, faults, strict=True) if fault), None)
        if first is None:
            says = _RIGHT[prop.kind].format(name=run.name, tried=len(calls), say=prop.say)
        else:
            wrong = sum(map(bool, faults))
            head = _WRONG[prop.kind].format(tally=f"{wrong} of {len(calls)} inputs", say=prop.say)
            says = f"{head}: {shown(run.name, first[0])} {first[1]}."
        if not prop.share and first is not None:
            says = f"Note: {says[:1].lower()}{says[1:]}"
        return _Finding(kind=prop.kind, share=prop.share, right=first is None, tried=len(calls), says=says)

    def _faults(self, calls: list[Call], *, by_shape: bool) -> list[str]:
        """What is wrong with each call, by that reference, among those that are accepted, which it follows best."""
        references = range(1 + len(self.accept))
        return min(
            ([self._wrong(call, i, by_shape) for call in calls] for i in references), key=lambda f: sum(map(bool, f))
        )

    def _wrong(self, call: Call, index: int, by_shape: bool) -> str:
        """What is wrong with what came back, in words that go on from the call; empty when it is right."""
        if call.got is None:
            return f"failed: {call.trouble}" if ": " in call.trouble else call.trouble
        expected = call.expected[index]
        if by_shape:
            fine = call.got.shape == expected.shape
            return "" if fine else f"has shape {_shape(call.got)}, expected {_shape(expected)}"
        if call.got.close(expected, self.tolerance):
            return ""
        return f"gives {call.got}, expected {expected}"

    def _speed(self, run: FunctionRun) -> tuple[bool | None, str]:
        growth = run.growth
        if growth is None:
            return None, "How its time grows was not measured."
        if growth.trouble or growth.call is None:
            return False, f"On {growth.sizes[1]:,} rows it {growth.trouble}."
        if growth.call.got is None or not any(
            growth.call.got.close(right, self.tolerance) for right in growth.call.expected
        ):
            return False, f"Its result for {growth.sizes[1]:,} rows is wrong, so its speed doesn't count."
        low, high = growth_ratios(growth)
        times = f"{high:.1f}" if high - low < 0.05 * high else f"{low:.1f} to {high:.1f}"
        says = f"from {growth.sizes[0]:,} to {growth.sizes[1]:,} rows its time grows {times} times the reference's"
        verdict = vectorised(growth)
        if verdict is None:
            return None, f"Whether it is vectorised is unclear: {says}; a person looks for loops."
        return verdict, f"It is {'vectorised' if verdict else 'not vectorised'}: {says}."


_WORDS = {True: "right", False: "wrong", None: "unsure"}
_RIGHT = {
    "values": "`{name}` is right on {tried} ordinary inputs.",
    "shape": "",
    "stable": "It is right on {tried} large inputs.",
    "edge": "{say}: right.",
    "gradient": "It agrees with finite differences on {tried} inputs.",
}
_WRONG = {
    "values": "Wrong on ordinary inputs ({tally})",
    "shape": "Wrong shape ({tally})",
    "stable": "Wrong on large inputs ({tally})",
    "edge": "{say}",
    "gradient": "Not the gradient that finite differences give ({tally})",
}


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


def shown(name: str, call: Call) -> str:
    """The call as a student would write it."""
    return f"{name}({', '.join(f'{argument}={value}' for argument, value in call.inputs.items())})"


def _shape(array: Array) -> str:
    return f"({', '.join(map(str, array.shape))}{',' if len(array.shape) == 1 else ''})"
