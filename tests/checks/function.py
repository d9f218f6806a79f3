"""Cases of `function`."""

from check_evidence import found

from grader.core.calls import Array, Call
from grader.core.evidence import FunctionRun


def called(*got: float | None, **more: object) -> dict[str, object]:
    """A function that doubles 1, 2, ..., and what came back for each; None where it raised."""
    calls = tuple(
        Call(
            group="values",
            inputs={"x": Array.of([x], ())},
            got=None if value is None else Array.of([value], ()),
            trouble="ValueError: no" if value is None else "",
            expected=(Array.of([2.0 * x], ()),),
        )
        for x, value in enumerate(got, 1)
    )
    return found(FunctionRun.model_validate({"name": "double", "calls": calls} | more))


DOUBLE = {
    "type": "function",
    "function": "double",
    "arguments": {"x": {}},
    "reference": "2 * x",
    "properties": [{"kind": "values", "share": 0.75}, {"kind": "shape", "share": 0.25}],
}

CASES = [
    (
        DOUBLE,
        {
            "right": (called(2, 4, 6), "passed", "`double` is right on 3 ordinary inputs"),
            "wrong once": (called(2, 4, 7), "partial", "Wrong on ordinary inputs (1 of 3 inputs): double(x=3) gives 7"),
            "raising": (called(2, None), "failed", "double(x=2) failed: ValueError: no"),
            "not there": (called(problem="no function `double` was found"), "failed", "No function `double`"),
            "the rubric's fault": (called(problem="x", fault="rubric"), "error", "The rubric's reference failed"),
            "not run": ({}, "manual", "was not run"),
        },
    ),
]
