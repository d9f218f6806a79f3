"""docs/rubrics.md: every key of a rubric and every check type, from their own docstrings and fields."""

import inspect
import re
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import BaseMetadata
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from grader.checks import Check, check_types
from grader.core.limits import Limits
from grader.rubric.model import Edit, Mutant, Naming, Problem, Rubric, SectionHead

_HEAD = """\
# Writing a rubric

A rubric is one YAML file. Begin with `grader rubric new`, or with this:

```yaml
id: quiz
title: A quiz
points: 2
problems:
  - id: 1A
    title: Convolution
    points: 2
    text: How many parameters has a layer of 8 filters of size 5x5x3, and what is its output shape?
    checks:
      - type: numeric
        name: parameters
        points: 1
        label: [parameters, weights]
        expect: {parameters_of: &conv {layer: Conv2d, in_channels: 3, out_channels: 8, kernel_size: 5}}
        mistakes: [{match: 600, say: "Each of the 8 filters has a bias as well."}]
      - {type: shape, name: output shape, points: 1, expect: {output_shape_of: *conv, input: [3, 32, 32]}}
```

- `grader rubric lint FILE` says what is wrong in it, with the line, and what is probably not meant.
- `grader check SUBMISSION --rubric FILE` tries it on one submission.
- Put a right submission into `reference/ID/` and wrong ones, as edits of it, under `mutants`: `grader rubric test FILE`
  then shows that the right one earns every point that the machine gives, and each wrong one loses what it should.
- `grader rubric template FILE` prints `answers.yaml`, in which students may state each answer without a doubt.
- `grader rubric schema` prints a JSON Schema, with which an editor completes keys and shows errors.

What a machine can't judge is a `manual` check with a `note` for the person who reads it. A check that is unsure hands
the answer to a person too: nothing is failed for the way it is written.

This page is generated from the code by `make docs`.
"""
_SHARED = ("type", "name", "points", "visibility", "requires", "note")


def rubric_docs() -> str:
    """The whole page."""
    parts = [_HEAD, "## Keys of a rubric\n"]
    models = (Rubric, Problem, SectionHead, Naming, Limits, Mutant, Edit)
    parts += [f"### {_words(model.__name__)}\n\n{_prose(model)}\n\n{_table(model)}" for model in models]
    shared = {name: field for name, field in Check.model_fields.items() if name in _SHARED}
    parts.append(f"## Every check\n\n{_prose(Check)}\n\n{_rows(shared)}")
    parts.append(
        "## Check types\n\n" + "\n".join(_summary(kind, check) for kind, check in check_types().items()) + "\n"
    )
    for kind, check in check_types().items():
        own = {name: field for name, field in check.model_fields.items() if name not in _SHARED}
        stated = "" if check.answer_form == "none" else "A student may state it in `answers.yaml`.\n\n"
        parts.append(f"### `{kind}`\n\n{_prose(check)}\n\n{stated}{_rows(own)}{''.join(_inner(own))}".rstrip() + "\n")
    return "\n".join(parts)


def _prose(model: type) -> str:
    return inspect.cleandoc(model.__doc__ or "")


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _summary(kind: str, check: type[Check]) -> str:
    module = inspect.getmodule(check)
    first = (module.__doc__ or "").strip().split("\n")[0] if module else ""
    return f"- [`{kind}`](#{kind}): {first.partition(': ')[2]}"


def _table(model: type[BaseModel]) -> str:
    return _rows(model.model_fields)


def _rows(fields: dict[str, FieldInfo]) -> str:
    if not fields:
        return "No keys of its own.\n"
    lines = [f"| `{name}` | {_type(field)} | {_default(field)} |" for name, field in fields.items()]
    return "| key | is | default |\n|---|---|---|\n" + "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default in (None, "", (), {}) or isinstance(default, BaseModel):
        return ""
    return f"`{', '.join(map(str, default)) if isinstance(default, tuple) else default}`"


def _type(field: FieldInfo) -> str:
    spoken = _spoken(field.annotation)
    bounds = [_bound(item) for item in field.metadata if isinstance(item, BaseMetadata) and spoken != "text"]
    return ", ".join([spoken, *(bound for bound in bounds if bound)])


def _bound(item: Any) -> str:
    for key, words in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
        if hasattr(item, key):
            return f"{words} {getattr(item, key)}"
    return f"{item.min_length} or more" if getattr(item, "min_length", 0) else ""


def _spoken(annotation: Any) -> str:
    """A type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _spoken(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType) and set(arguments) == set(check_types().values()):
        return "a check"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_spoken(a) for a in arguments if a is not NoneType))
    if origin is tuple:
        many = [a for a in arguments if a is not Ellipsis]
        return (
            f"a list of {_spoken(many[0])}" if Ellipsis in arguments else f"a list of {len(many)}: {_spoken(many[0])}"
        )
    if origin is dict:
        return f"a mapping from {_spoken(arguments[0])} to {_spoken(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a mapping ({_words(annotation.__name__).lower()})"
    return {str: "text", int: "a whole number", float: "a number", bool: "true or false"}.get(annotation, "any value")


def _inner(fields: dict[str, FieldInfo]) -> Iterator[str]:
    """The records that keys of a check hold, each with its own keys."""
    seen: list[type[BaseModel]] = []
    left = [field.annotation for field in fields.values()]
    while left:
        annotation = left.pop(0)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in seen:
                seen.append(annotation)
                left += [field.annotation for field in annotation.model_fields.values()]
        else:
            left += list(get_args(annotation))
    for model in seen:
        yield f"\n**{_words(model.__name__)}**: {_prose(model)}\n\n{_table(model)}"
