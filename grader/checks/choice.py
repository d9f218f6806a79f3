"""`choice`: one of several options that the report names."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from grader.checks._base import Check, OnlyRead, no_answer
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, passed
from grader.language.assertions import around, doubt_of, strength_of

_MOST = 200
_TICKED = re.compile(r"\s*(?:[-*+]\s*)?(?:\[\s?[xX✓✔]\s?\]|[☑☒✓✔✅◉])\s*$")
_UNTICKED = re.compile(r"\s*(?:>|(?:[-*+]\s*)?(?:\[\s{0,2}\]|[☐◯○])\s*$)")
_TURNED_DOWN = re.compile(
    r"(?:\b(?:not|never|nor|neither|no longer|avoid|against|reject|rule out|without|instead of|rather than"
    r"|unlike|except)"
    r"|n['’]t)\b[^.]{0,40}$"
)
_COMPARED = re.compile(
    r"\b(?:than|over|instead of|rather than|versus|vs\.?|compared (?:to|with)|opposed to)\s+(?:a |an |the |\w+ or )?$"
)
_WORSE = re.compile(
    r"^[\s*_]*(?:search\s)?(?:would|will|can|could|may|might)?\s?(?:not|n['’]t|never|waste|miss|fail"
    r"|is (?:worse|not|less|too|slower|inferior)|are (?:worse|not|less|too))"
)
_CHOOSES = re.compile(
    r"\b(?:choos\w*|chose|pick\w*|us(?:e|ed|ing)|prefer\w*|tak(?:e|ing)|took|go(?:ing)? (?:for|with)"
    r"|went (?:for|with)|select\w*|recommend\w*|decid\w*|opt\w*|answer|best|better|should be|would be)\b"
    r"[^.,;]{0,20}$"
)
_BEST = re.compile(
    r"^[\s*_]*(?:search\s)?(?:is|are|works?|would be|performs?)\s+(?:\w+\s)?(?:best|better|preferable|superior"
    r"|right|correct|my choice)"
)


class _Mention(NamedTuple):
    """A place that names an option: whether it may be the choice, and how plainly it is chosen there."""

    option: str
    meant: bool
    weight: int
    sentence: str


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

    def for_students(self) -> Check | OnlyRead:
        # Which option is right is the answer; where none is, naming one is all that is asked.
        return OnlyRead(read_as="text") if self.expect is not None else self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        mentions = [m for section in evidence.sections for m in self._mentions(section.text)]
        if not mentions:
            return no_answer(evidence, "choice")
        source = evidence.sections[0].source
        meant = [m for m in mentions if m.meant]
        strongest = max((m.weight for m in meant), default=0)
        named = list(dict.fromkeys(m.option for m in meant if m.weight == strongest))
        if len(named) != 1:
            listed = list(dict.fromkeys(m.option for m in mentions))
            return manual(
                f"The answer names {' and '.join(listed)}; a person reads which one it chooses.",
                observed=" … ".join(dict.fromkeys(m.sentence for m in mentions[:4])),
                source=source,
            )
        (choice,) = named
        observed = next(m.sentence for m in meant if m.option == choice and m.weight == strongest)
        if self.expect is None or choice == self.expect:
            return passed(f"The answer chooses {choice}.", observed=observed, source=source)
        return failed(f"The answer chooses {choice}, which is not right.", observed=observed, source=source)

    def _mentions(self, text: str) -> Iterator[_Mention]:
        """Every place that names an option, in order of the text."""
        lower = text.lower()
        found = [
            (match.start(), match.end(), option)
            for option, words in self.options.items()
            for word in words or (option,)
            for match in islice(re.finditer(_spelled(word), lower), _MOST)
        ]
        for start, end, option in sorted(found):
            before, after = around(text, start, end)
            line = text[text.rfind("\n", 0, start) + 1 : start]
            yield _Mention(
                option,
                meant=not (_passed_over(before, after, text[end : end + 200]) or _UNTICKED.match(line)),
                weight=_weight(text, start, end, before, after),
                sentence=f"{before.strip()} »{text[start:end]}« {after.strip()}".strip()[:400],
            )


def _spelled(word: str) -> str:
    """An option's words, with hyphens or spaces between them."""
    return rf"(?<![^\W_]){'[ _-]+'.join(map(re.escape, re.split(r'[ _-]+', word.lower())))}(?![^\W_])"


def _passed_over(before: str, after: str, behind: str) -> bool:
    """Whether an option is named to be turned down: denied, compared with, somebody else's, part of a question."""
    clause = re.split(r"[,;:]|\b(?:but|so|because|since|while|whereas)\b", before.lower())[-1]
    if _TURNED_DOWN.search(clause) or _COMPARED.search(before.lower()[-40:]) or _WORSE.match(after.lower()):
        return True
    return doubt_of(before, after, behind, "") in ("denied", "another's", "question", "withdrawn", "required")


def _weight(text: str, start: int, end: int, before: str, after: str) -> int:
    """How plainly it is chosen: 2 at the answer's beginning or where it says so, 1 as a sentence of its own, else 0."""
    if not re.search(r"\w", text[:start]) and re.match(
        r"[\s*_]*(?:$|[.,;:!(–—-]|because|since|as\b|is\b)", text[end : end + 20]
    ):
        return 2
    if (
        _TICKED.match(text[text.rfind("\n", 0, start) + 1 : start])
        or _CHOOSES.search(before.lower()[-60:])
        or strength_of(before, after) == "final"
        or _BEST.match(after.lower())
    ):
        return 2
    return 1 if not re.search(r"\w", before) and re.match(r"[\s*_.!]*$", after) else 0
