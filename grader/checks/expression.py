"""`expression`: a formula or the value of one that the report states."""

import re
from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._answers import asserted, of_kind
from grader.checks._base import Check, Needs, OnlyRead, no_answer
from grader.checks._formulas import named, plain, spelled
from grader.checks._mistakes import advice
from grader.core.evidence import Comparison, Formula, ProblemEvidence, Section
from grader.core.outcome import Outcome, failed, manual, passed
from grader.core.record import Record
from grader.core.requests import Question

_MOST_FORMULAS = 12
_LIST = re.compile(r"[,;](?:\s|\\ )|\\q?quad|\\(?:lor|vee)(?![A-Za-z])|(?<![A-Za-z])(?:or|and)(?![A-Za-z])")


class ExpressionMistake(Record):
    """A wrong expression that students often give, and what to say about it."""

    match: str
    say: str


class Expression(Check):
    r"""What a formula comes to: `expect: \frac{e}{4(1+e)}`, in LaTeX or plain, or a number.

    Without `variables` it is a constant, and its value is compared, give or take `tolerance`; with them, it is equal
    when it has the same value at some points or can be transformed into what is expected. The last right-hand side
    counts, of a formula that begins with a `label` (`w_2`), or that follows one in words; without labels, of all.
    `accept` lists further right answers. `names` gives other spellings of a variable: `{p: ['\hat{y}']}`; `functions`
    says what functions of the problem mean, in x: `{'\sigma': '\frac{1}{1+e^{-x}}'}`. What can't be read in two
    seconds, or uses other names, is read by a person.
    """

    type: Literal["expression"] = "expression"
    expect: str = Field(min_length=1, coerce_numbers_to_str=True)
    accept: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    names: dict[str, tuple[str, ...]] = {}
    functions: dict[str, str] = {}
    tolerance: float = Field(default=1e-6, ge=0)
    label: tuple[str, ...] = ()
    mistakes: tuple[ExpressionMistake, ...] = ()

    answer_form: ClassVar[Literal["formula"]] = "formula"
    needs: ClassVar[Needs] = frozenset({Section, Comparison})

    def asked(self) -> str:
        what = f" for {self.label[0]}" if self.label else ""
        return f"State {'a formula' if self.variables else 'a value'}{what}."

    def answers(self) -> tuple[str, ...]:
        return (self.expect, *self.accept)

    def lint(self) -> list[str]:
        right = {plain(text) for text in (self.expect, *self.accept)}
        return [f"the mistake {m.match} is accepted as right" for m in self.mistakes if plain(m.match) in right]

    def requests(self, evidence: ProblemEvidence) -> tuple[Question, ...]:
        wanted = (self.expect, *self.accept, *(m.match for m in self.mistakes))
        return tuple(self._question(text, want) for text, _ in self.candidates(evidence) for want in wanted)

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="formula" if self.variables else "value", label=self.label)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        candidates = self.candidates(evidence)
        if not candidates:
            return no_answer(evidence, "formula")
        answers = {question: evidence.of(Comparison, question) for question in self.requests(evidence)}
        known = {question: answer for question, answer in answers.items() if answer is not None}
        chosen, formula = candidates[-1]
        source = formula.source
        right = [self._equal(known, text, (self.expect, *self.accept)) for text, _ in candidates]
        if any(_contradicts(formula, other, known) for _, other in candidates[:-1]):
            listing = ", ".join(f"“{text}”" for text, _ in candidates[-4:])
            return manual(f"Several values are stated ({listing}); a person decides.", observed=chosen, source=source)
        if right[-1]:
            return passed(f"{chosen} is right.", observed=chosen, source=source)
        if right[-1] is None:
            why = next(
                (c.why for q, c in known.items() if q.given == self._spelled(chosen) and c.why), "is no single number"
            )
            return manual(f"“{chosen}” {why}; a person reads it.", observed=chosen, source=source)
        if True in right:
            said = candidates[right.index(True)][0]
            message = f"“{said}” is right, but what follows, “{chosen}”, is not; a person decides."
            return manual(message, observed=chosen, source=source)
        value = self._value(known, chosen)
        comes_to = "" if value is None or plain(chosen) == f"{value:.4g}" else f", which comes to {value:.4g},"
        hint = advice(self.mistakes, lambda wrong: self._equal(known, chosen, (wrong,)))
        return failed(f"{chosen}{comes_to} is not right.", observed=chosen, source=source, advice=hint)

    def candidates(self, evidence: ProblemEvidence) -> list[tuple[str, Formula]]:
        """(what it comes to, the formula) of those that could be the answer; the asserted one is the last."""
        labels = () if self.title in evidence.stated else self.label
        meant = named(evidence.formulas, labels)
        found = [f for f in meant if not _listed(f.sides[-1])]
        final = [f for f in found if f.strength == "final"]
        found = (final or found)[-_MOST_FORMULAS:]
        if not meant and not self.variables:
            stated = asserted(of_kind(evidence, "number"), labels, key=lambda r: r.number)
            found = [Formula(sides=(r.text,), source=r.source) for r in stated]
        return [(f.sides[-1], f) for f in found]

    def _spelled(self, text: str) -> str:
        return spelled(text, self.functions, self.names)

    def _question(self, given: str, expected: str) -> Question:
        return Question(given=self._spelled(given), expected=self._spelled(expected), variables=self.variables)

    def _equal(self, known: dict[Question, Comparison], given: str, wanted: tuple[str, ...]) -> bool | None:
        """Whether it equals one of these; None when that can't be said of some and of none it is true."""
        found = [self._within(known.get(self._question(given, want))) for want in wanted]
        return True if True in found else None if None in found else False

    def _within(self, comparison: Comparison | None) -> bool | None:
        if comparison is None:
            return None
        value, wanted = comparison.value, comparison.expected_value
        if self.variables:
            return comparison.equal
        if value is None or wanted is None:
            return None
        return abs(value - wanted) <= self.tolerance

    def _value(self, known: dict[Question, Comparison], given: str) -> float | None:
        comparison = known.get(self._question(given, self.expect))
        return comparison.value if comparison else None


def _listed(side: str) -> bool:
    """Whether several values stand where one is meant."""
    return bool(_LIST.search(side))


def _contradicts(chosen: Formula, other: Formula, known: dict[Question, Comparison]) -> bool:
    """Whether another formula of the same name, or another bare value, comes to something else than the chosen one."""
    same = plain(chosen.sides[0]) == plain(other.sides[0]) if len(chosen.sides) > 1 else len(other.sides) == 1
    return same and _values(chosen, known) != _values(other, known)


def _values(formula: Formula, known: dict[Question, Comparison]) -> set[float]:
    spelling = plain(formula.sides[-1])
    return {round(c.value, 9) for q, c in known.items() if plain(q.given) == spelling and c.value is not None}
