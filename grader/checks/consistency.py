"""`consistency`: a statement that must agree with the student's own numbers."""

import math
import re
from typing import Literal

from pydantic import Field, model_validator

from grader.checks._answers import labelled, listing
from grader.checks._base import Check, no_answer
from grader.checks._tables import column_of, number_at, tables_of
from grader.core.evidence import ProblemEvidence, Reading, Section
from grader.core.outcome import Outcome, failed, manual, passed
from grader.core.record import Record
from grader.core.source import Source

_ITEM = r"[(\[]?\s{0,3}\d{0,3}\.\d{1,9}\s?\\?%?\s{0,3}[)\]]?"
_RUN = re.compile(rf"{_ITEM}(?:\s{{0,3}}[,;]\s{{0,3}}(?:and\s)?{_ITEM}){{1,99}}")
_NUMBER = re.compile(r"(\d{0,3}\.\d{1,9})\s?(\\?%)?")
_FALLING = re.compile(r"\b(?:decreas|drop|fall|fell|los[et]|lower|worse|reduc|declin)")
_RISING = re.compile(r"\b(?:increas|ris[ei]|rose|gain|higher|better|improv|grow|grew)")


class _Own(Record):
    """The student's numbers by what they belong to, and where they stand."""

    numbers: dict[float, float]
    source: Source


class Consistency(Check):
    """What the student says of their own numbers, against these numbers. Which of them are good is for other checks.

    The numbers are the `column` of a table, by words of its heading, for the rows of its first column; or, with `of`,
    a list in the text, whose items belong to these values in order. They stand in problem `numbers_in`, where that is
    another. `label` holds words beside the statement.

    `best: highest` (or `lowest`): the value named must be the one whose number is best, `leave_out` not counted.
    `change: [0.1, 0.5]`: the number stated must be the difference between these rows, give or take `tolerance`.
    """

    type: Literal["consistency"] = "consistency"
    column: str = ""
    of: tuple[float, ...] = ()
    numbers_in: str = ""
    label: tuple[str, ...] = Field(min_length=1)
    best: Literal["highest", "lowest"] | None = None
    leave_out: tuple[float, ...] = ()
    change: tuple[float, float] | None = None
    tolerance: float = Field(default=0.005, ge=0)

    @model_validator(mode="after")
    def _one_statement(self) -> "Consistency":
        if (self.best is None) == (self.change is None):
            raise ValueError("give either `best` or `change`")
        if bool(self.column) == bool(self.of):
            raise ValueError("give either `column` or `of`")
        return self

    def asked(self) -> str:
        return "What you say of your numbers must agree with them."

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        own = self._own(evidence)
        if own is None:
            return no_answer(evidence, f"table with the column “{self.column}”" if self.column else "list of numbers")
        readings = [r for r in evidence.readings if r.kind == "number" and r.number is not None]
        if self.best is not None:
            return self._judge_best(own, labelled([r for r in readings if self._named(r, own)], self.label))
        near = labelled([r for r in readings if not _is_in(r.number, own.numbers)], self.label)
        return self._judge_change(own, near)

    def _own(self, evidence: ProblemEvidence) -> _Own | None:
        sections = evidence.sections_of(self.numbers_in)
        return self._column(sections) if self.column else self._list(sections)

    def _column(self, sections: tuple[Section, ...]) -> _Own | None:
        for table in tables_of(sections):
            index = column_of(table, self.column)
            numbers = {
                row.value: number
                for row in table.rows
                if index and row.value is not None and (number := number_at(row, index)) is not None
            }
            if numbers and all(value in numbers for value in self.change or ()):
                return _Own(numbers=numbers, source=table.source)
        return None

    def _list(self, sections: tuple[Section, ...]) -> _Own | None:
        """A matrix, a run of numbers, or the rows of a table, with as many items as asked for."""
        for section in sections:
            for matrix in (r for r in section.readings if r.matrix):
                items = [x for row in matrix.matrix or () for x in row]
                if len(items) == len(self.of):
                    return _Own(numbers=dict(zip(self.of, items, strict=True)), source=matrix.source)
            for run in (m for line in _lines(section.text) for m in _RUN.finditer(line[:20_000])):
                items = [float(m[1]) / (100 if m[2] else 1) for m in _NUMBER.finditer(run[0])]
                if len(items) == len(self.of):
                    first = next((r for r in section.readings if r.number == items[0]), section)
                    return _Own(numbers=dict(zip(self.of, items, strict=True)), source=first.source)
            for table in section.tables:
                column = column_of(table, "")
                numbers = [number_at(row, column) for row in table.rows] if column else []
                items = [number for number in numbers if number is not None]
                if len(items) == len(self.of):
                    return _Own(numbers=dict(zip(self.of, items, strict=True)), source=table.source)
        return None

    def _named(self, reading: Reading, own: _Own) -> bool:
        return _is_in(reading.number, own.numbers) and not _is_in(reading.number, self.leave_out)

    def _judge_best(self, own: _Own, near: list[Reading]) -> Outcome:
        counted = {value: number for value, number in own.numbers.items() if not _is_in(value, self.leave_out)}
        best = max(counted.values()) if self.best == "highest" else min(counted.values())
        winners = [value for value, number in counted.items() if number == best]
        theirs = f"{' and '.join(f'{value:g}' for value in winners)} with {best:g}"
        named = {reading.number: reading for reading in near}
        if not named:
            return manual(f"By its own numbers the best is {theirs}; no statement could be read.", source=own.source)
        if len(named) > 1:
            return manual(
                f"Several values stand there ({listing(list(named.values()))}); by its own numbers it is {theirs}.",
                source=own.source,
            )
        (reading,) = named.values()
        if any(math.isclose(reading.number or 0.0, value, rel_tol=1e-6, abs_tol=1e-9) for value in winners):
            return passed(
                f"{reading.text} is the best by the numbers given: {theirs}.",
                observed=reading.text,
                source=reading.source,
            )
        value = next(n for v, n in own.numbers.items() if math.isclose(v, reading.number or 0.0, abs_tol=1e-9))
        return failed(
            f"{reading.text} is called the best, with {value:g}, but the numbers given say {theirs} ({own.source}).",
            observed=reading.text,
            source=reading.source,
        )

    def _judge_change(self, own: _Own, near: list[Reading]) -> Outcome:
        assert self.change
        before, after = (own.numbers[value] for value in self.change)
        by = after - before
        numbers = f"from {before:g} to {after:g}, a change of {by:+.4g}"
        if not near:
            return manual(f"By its own numbers: {numbers}; no statement could be read.", source=own.source)
        if len({r.number for r in near}) > 1:
            return manual(f"Several numbers stand there ({listing(near)}); by its own: {numbers}.", source=own.source)
        reading = near[0]
        stated = abs(reading.number or 0.0)
        percent = max(abs(before), abs(after)) <= 1 < stated
        stated = stated / 100 if percent else stated
        amounts = [abs(by), abs(by / before)] if before else [abs(by)]
        words = f"{reading.before} {reading.after}"
        turned = (_FALLING if by > 0 else _RISING).search(words) and not (_RISING if by > 0 else _FALLING).search(words)
        if turned or not any(abs(stated - amount) <= self.tolerance for amount in amounts):
            return failed(
                f"{reading.text} is stated, but the numbers given say {numbers} ({own.source}).",
                observed=reading.text,
                source=reading.source,
            )
        return passed(
            f"{reading.text} agrees with the numbers given: {numbers}.", observed=reading.text, source=reading.source
        )


def _lines(text: str) -> list[str]:
    """The lines; where one ends with a comma, its list goes on in the next."""
    return re.sub(r",[ \t]{0,9}\n(?!\n)", ", ", text).split("\n")


def _is_in(number: float | None, values: object) -> bool:
    assert isinstance(values, dict | tuple)
    return number is not None and any(math.isclose(number, value, rel_tol=1e-6, abs_tol=1e-9) for value in values)
