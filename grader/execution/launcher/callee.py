"""Calls functions of code that may be hostile, line by line, in a process that may be killed at any of them.

A question is JSON: `{"code": [[name of a file, first line, source], ...], "library": ...}` loads code anew,
`{"inputs": [...]}` brings the arguments of the next call, `{"again": n}` those of the n-th line of them since the code,
`{"call": name}` makes it. What comes back is data alone; the host believes nothing of it.
"""

import base64
import json
import os
from typing import Any

_MOST_VALUES = 4_000_000


def warm() -> None:
    """Import what all code may use."""
    import numpy  # noqa: F401


def serve() -> None:
    """Answer until the questions end. What the code prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    questions = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 0)  # the grader has opened the standard error as /dev/null
    os.dup2(2, 1)
    import numpy as np

    np.seterr(all="ignore")
    space: dict[str, Any] = {}
    brought: list[list[dict[str, Any]]] = []
    inputs: list[Any] = []
    answers.write(b"ready\n")
    answers.flush()
    for line in questions:
        answer: dict[str, object] = {}
        try:
            question = json.loads(line)
            if "code" in question:
                space, brought = _loaded(question["code"], question["library"]), []
            elif "call" not in question:
                brought += [question["inputs"]] if "inputs" in question else []
                inputs = [_input(given, space) for given in brought[question.get("again", -1)]]
            else:
                answer = _output(_function(space, question["call"])(*inputs), np)
        except BaseException as error:  # a student's code may raise anything, and must not end the process by it
            answer = {"error": _said(error)}
        answers.write(_line(answer))
        answers.flush()


def _line(answer: dict[str, object]) -> bytes:
    """The answer as JSON. Data of megabytes is put in by hand: time is taken while it is written."""
    data = answer.pop("data", None)
    line = json.dumps(answer).encode()
    return b"%s\n" % line if data is None else b'%s, "data": "%s"}\n' % (line[:-1], data)


def _loaded(code: list[tuple[str, int, str]], library: str) -> dict[str, Any]:
    """A namespace in which these statements have run; one that fails, such as an import, leaves the others."""
    import numpy as np

    space: dict[str, Any] = {"__name__": "submission", "np": np, "numpy": np, " library": library}
    if library == "torch":
        import torch

        torch.set_num_threads(1)
        space["torch"] = torch
    for file, first, source in code:
        try:
            exec(compile("\n" * (first - 1) + source, file, "exec"), space)  # noqa: S102  # what this process is for
        except BaseException:  # noqa: S112  # what is missing for it is said when it is called
            continue
    return space


def _function(space: dict[str, Any], name: str) -> Any:
    if name not in space:
        raise NameError(f"{name} could not be defined: what stands above its `def` failed")
    return space[name]


def _input(given: dict[str, Any], space: dict[str, Any]) -> Any:
    """An array of its own for each call, which the function may change; a Python number where there is no shape."""
    import numpy as np

    values = np.frombuffer(base64.b64decode(given["data"]), "<i8" if given["whole"] else "<f8")
    values = values.astype(np.int64 if given["whole"] else np.float64).reshape(given["shape"])
    if not given["shape"]:
        return values.item()
    return space["torch"].from_numpy(values) if space[" library"] == "torch" else values


def _output(value: Any, np: Any) -> dict[str, object]:
    """What was returned as data: numbers in an array, for anything else the name of its type."""
    kind = type(value).__name__
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        values = np.asarray(value)
        if values.dtype.kind not in "biuf" or values.size > _MOST_VALUES:
            return {"returned": kind}
        data = np.ascontiguousarray(values, "<f8").tobytes()
    except Exception:  # rows of different lengths, an object that pretends to be an array
        return {"returned": kind}
    return {"returned": kind, "shape": list(values.shape), "data": base64.b64encode(data)}


def _said(error: BaseException) -> str:
    """The exception, and the student's line that raised it."""
    try:
        frame, line = error.__traceback__, 0
        while frame is not None:
            line = frame.tb_lineno if frame.tb_frame.f_globals.get("__name__") == "submission" else line
            frame = frame.tb_next
        where = f" (line {line})" if line else ""
        return f"{type(error).__name__}: {error}"[:300] + where
    except BaseException:  # an exception whose own methods raise
        return "an exception that can't be shown"
