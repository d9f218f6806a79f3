"""docs/record.md: every field of the JSON record of a grade, from the records themselves."""

import sys

from pydantic import BaseModel

from grader.core.fields import inner, prose, table, words
from grader.core.outcome import FORMAT_VERSION, Grade

# version: what changed with it
_VERSIONS = {
    1: "the first",
    2: "what a network or a recipe leaves out stands under `gaps` as `kind` and `why`, before under `inexpressible` "
    "as `what` and `why`",
    3: "`status` is gone, for no grade is complete where nobody read a file: `error_points` are those of checks that "
    "the machine failed on, `unread` names the files and lines that nobody read",
    4: "of a claim, `partial` is gone: `scope` says of what the accuracy is, `of` holds all the words that do",
}
_HISTORY = "| version | what changed |\n|---|---|\n" + "".join(f"| {n} | {said} |\n" for n, said in _VERSIONS.items())

_HEAD = f"""\
# The record of a grade

`grader check --staff --format json` prints it, and `grader grade` keeps it as `grade.json` beside each student's page.
It holds everything, hidden checks and notes for the TA included: it is not for students. Without `--staff` these are
left out. The status `read` is that of answers which a student edition reads and doesn't judge.

`format_version` says how to read it, and is {FORMAT_VERSION} now. It grows whenever a field is renamed or removed, or
means something else; a new field alone leaves it. A reader that finds another number than it knows should stop.

{_HISTORY}
Numbers that JSON has no word for, as the loss of a training that diverged, are the strings `"NaN"`, `"Infinity"` and
`"-Infinity"`. Accuracies lie between 0 and 1, times are seconds. A field with a default is written all the same,
as `null` where nothing is known.

This page is generated from the code by `make docs`.
"""


def record_docs() -> str:
    """The whole page: the grade first, then each record that it holds."""
    models: list[type[BaseModel]] = [Grade, *inner(Grade.model_fields)]
    return "\n".join([_HEAD, *(f"## {words(m.__name__)}\n\n{prose(m)}\n\n{table(m, 'field')}" for m in models)])


if __name__ == "__main__":
    sys.stdout.write(record_docs())
