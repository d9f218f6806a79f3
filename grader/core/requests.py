"""What a check asks to be found out before it judges; a provider answers each with a record of evidence."""

from typing import Literal

from grader.core.record import Record


class Question(Record):
    """Whether what a student wrote equals an expression in these variables; parsers answer it in a confined process."""

    given: str
    expected: str
    variables: tuple[str, ...] = ()


class TrainingRequest(Record):
    """To train the problem's network again, under up to `planned` seeds, until its verdict at `threshold` is decided.

    With `replay` its notebook may be run in full where a recipe doesn't hold all of its training; with `trust` that
    may pass by itself.
    """

    threshold: float
    planned: int
    rule: Literal["majority", "margin"] = "margin"
    confidence: float = 0.99
    min_seeds: int = 2
    replay: bool | Literal["trust"] = True
