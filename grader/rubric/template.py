"""The form for students who want to be sure of what is read: one line for each answer that a machine judges."""

from grader.checks import Check
from grader.rubric.model import Rubric

# What an answer looks like, as examples; the first that isn't the right answer is shown.
_EXAMPLES = {
    "number": ("42", "17"),
    "shape": ("[3, 5, 7]", "[2, 4, 6]"),
    "matrices": ("[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]", "[[[9, 8], [7, 6]]]"),
    "formula": (r"'\frac{a+b}{2}'", r"'\sqrt{c}'"),
    "counts": ("[120, 84, 204], the total last", "[10, 20, 30], the total last"),
    "text": ("'in words'", "'as in the report'"),
}


def template(rubric: Rubric) -> str:
    """`answers.yaml` with nothing filled in."""
    lines = [
        f"# Answers to {rubric.id}, for the machine. Hand it in as answers.yaml beside your report, or as a Markdown",
        "# cell of a notebook whose first line is “# answers.yaml”. What you fill in goes before what the report says;",
        "# leave empty what the report is to be read for.",
    ]
    for problem in rubric.problems:
        checks = [c for c in problem.checks if c.stated_as != "none" and c.visibility != "hidden"]
        if not checks:
            continue
        lines += ["", f"{_key(problem.id)}:  # {problem.title}"]
        width = max(len(_key(check.title)) for check in checks) + 1
        lines += [
            f"  {(_key(check.title) + ':').ljust(width)}  # such as {_example(check)}. {check.asked()}"
            for check in checks
        ]
    return "\n".join(lines) + "\n"


def _key(text: str) -> str:
    """A key that YAML reads back as this text: `1.2` alone would be a number."""
    simple = text.replace(" ", "").replace("_", "").isalnum() and text[0].isalpha()
    return (
        text
        if simple and text.lower() not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
        else f'"{text}"'
    )


def _example(check: Check) -> str:
    spaceless = {answer.replace(" ", "") for answer in check.answers()}
    examples = _EXAMPLES[check.stated_as]
    return next(
        (e for e in examples if e.partition(", the")[0].strip("'").replace(" ", "") not in spaceless), examples[-1]
    )
