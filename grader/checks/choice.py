"""`choice`: one of several options that the report names."""

import re
from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._answers import said
from grader.checks._base import Check, no_answer
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, passed


class Choice(Check):
    """The answer names exactly one option; with `expect`, that one.

    `options` gives for each option the words that name it: `{grid: [grid search], random: [random search]}`.
    An answer that names several options is read by a person.
    """

    type: Literal["choice"] = "choice"
    options: dict[str, tuple[str, ...]] = Field(min_length=2)
    expect: str | None = None

    answer_form: ClassVar[Literal["text"]] = "text"

    def asked(self) -> str:
        return f"Choose one of: {', '.join(self.options)}."

    def lint(self) -> list[str]:
        if self.expect is not None and self.expect not in self.options:
            return [f"`expect: {self.expect}` is none of the options {', '.join(self.options)}"]
        return []

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        text = said(evidence).lower()
        named = [
            option
            for option, words in self.options.items()
            if any(re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", text) for word in words or (option,))
        ]
        if not named:
            return no_answer(evidence, "choice")
        source = evidence.sections[0].source
        if len(named) > 1:
            return manual(
                f"The answer names {' and '.join(named)}; a person reads which one it chooses.",
                observed=", ".join(named),
                source=source,
            )
        (choice,) = named
        if self.expect is None or choice == self.expect:
            return passed(f"The answer chooses {choice}.", observed=choice, source=source)
        return failed(f"The answer chooses {choice}, which is not right.", observed=choice, source=source)
