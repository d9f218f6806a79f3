"""`function`: what a function that the student wrote does with inputs that the grader sends."""

from typing import Any, ClassVar, Literal

from grader.checks._base import Check, Needs
from grader.core.calls import Array, Call
from grader.core.evidence import FunctionRun, ProblemEvidence
from grader.core.fault import Fault
from grader.core.function_request import FunctionRequest, Property, growth_ratios, vectorised
from grader.core.outcome import Outcome, failed, manual, partial, passed
from grader.core.record import Record


class _Finding(Record):
    """What was found of one property: right or wrong, None where that can't be said; `says` tells it."""

    kind: str
    share: float
    right: bool | None
    tried: int
    says: str


class Function(FunctionRequest, Check):
    """A function by its `function` name or one of its `aliases`, called in the sandbox; the host compares what returns.

    The `reference` is an expression in the arguments, or Python that defines a function of this name, with numpy as
    `np`; what one of `accept` gives is right as well. Inputs are drawn for the `arguments`, whose letters vary between
    1 and 6 or as `sizes` says; they depend on the student's code and `seed`, so they can't be prepared for. Each of
    the `properties` earns its share of the points. Results may differ by `tolerance`, relative and absolute. A call may
    take `seconds`. With `library: torch` arguments come as tensors.
    """

    type: Literal["function"] = "function"
    needs: ClassVar[Needs] = frozenset({FunctionRun})

    def asked(self) -> str:
        return f"Write the function `{self.function}({', '.join(self.arguments)})`."

    def lint(self) -> list[str]:
        kinds = [p.kind for p in self.properties]
        return [] if {"values", "gradient", "edge"} & set(kinds) else ["no property looks at ordinary values"]

    def requests(self, evidence: ProblemEvidence) -> tuple[FunctionRequest, ...]:  # noqa: ARG002  # same for all
        return (self._request(),)

    def _request(self) -> FunctionRequest:
        return FunctionRequest(**{name: getattr(self, name) for name in FunctionRequest.model_fields})

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        run = evidence.of(FunctionRun, self._request())
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
        calls = [c for c in run.calls if c.group == self.group(number)]
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


def shown(name: str, call: Call) -> str:
    """The call as a student would write it."""
    return f"{name}({', '.join(f'{argument}={value}' for argument, value in call.inputs.items())})"


def _shape(array: Array) -> str:
    return f"({', '.join(map(str, array.shape))}{',' if len(array.shape) == 1 else ''})"
