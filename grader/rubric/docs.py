"""docs/rubrics.md: every key of a rubric and every check type, from their own docstrings and fields."""

import inspect

from grader.checks import Check, check_types
from grader.core.fields import inner, prose, rows, table, words
from grader.core.late_policy import LatePolicy
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
- `grader check SUBMISSION --rubric FILE --staff` tries it on one submission.
- `grader student build FILE -o DIR` makes what students get of it: see [students.md](students.md).
- Put a right submission into `reference/ID/` and wrong ones, as edits of it, under `mutants`: `grader rubric test FILE`
  then shows that the right one earns every point that the machine gives, and each wrong one loses what it should.
- `grader rubric template FILE` prints `answers.yaml`, in which students may state each answer without a doubt.
- `grader rubric schema` prints a JSON Schema, with which an editor completes keys and shows errors.

When it is due, what lateness takes and who was granted more time: see [lateness.md](lateness.md).

What a machine can't judge is a `manual` check with a `note` for the person who reads it. A check that is unsure hands
the answer to a person too: nothing is failed for the way it is written.

This page is generated from the code by `make docs`.
"""
_SHARED = ("type", "name", "points", "visibility", "requires", "note", "items")


def rubric_docs() -> str:
    """The whole page."""
    parts = [_HEAD, "## Keys of a rubric\n"]
    models = (Rubric, Problem, SectionHead, Naming, LatePolicy, Limits, Mutant, Edit)
    parts += [f"### {words(model.__name__)}\n\n{prose(model)}\n\n{table(model)}" for model in models]
    shared = {name: field for name, field in Check.model_fields.items() if name in _SHARED}
    of_shared = "".join(f"\n**{words(m.__name__)}**: {prose(m)}\n\n{table(m)}" for m in inner(shared))
    parts.append(f"## Every check\n\n{prose(Check)}\n\n{rows(shared)}{of_shared}")
    parts.append(
        "## Check types\n\n" + "\n".join(_summary(kind, check) for kind, check in check_types().items()) + "\n"
    )
    for kind, check in check_types().items():
        own = {name: field for name, field in check.model_fields.items() if name not in _SHARED}
        held = "".join(f"\n**{words(m.__name__)}**: {prose(m)}\n\n{table(m)}" for m in inner(own))
        stated = "" if check.answer_form == "none" else "A student may state it in `answers.yaml`.\n\n"
        parts.append(f"### `{kind}`\n\n{prose(check)}\n\n{stated}{rows(own)}{held}".rstrip() + "\n")
    return "\n".join(parts)


def _summary(kind: str, check: type[Check]) -> str:
    module = inspect.getmodule(check)
    first = (module.__doc__ or "").strip().split("\n")[0] if module else ""
    return f"- [`{kind}`](#{kind}): {first.partition(': ')[2]}"
