"""`matrices`: one or more matrices that the report states, in order."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grader.checks._base import Check, OnlyRead, no_answer
from grader.checks._mistakes import advice
from grader.core.derive import Pooled
from grader.core.evidence import Matrix, ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, partial, passed
from grader.core.record import Record


class MatrixMistake(Record):
    """A wrong matrix that students often give, wherever in the group it stands, and what to say about it."""

    match: Matrix
    say: str


class Matrices(Check):
    """Matrices in order. `expect` may be derived: `{pool: average, images: [...], kernel_size: 2, stride: 2}`.

    Only matrices of the expected size are looked at, so that an answer may repeat the question's. `lead` is a word
    of the line above the group meant (as “average” and “max” in one answer). Each right matrix earns its share.
    """

    type: Literal["matrices"] = "matrices"
    expect: Annotated[tuple[Matrix, ...], Field(min_length=1)] | Pooled
    tolerance: float = Field(default=1e-6, ge=0)
    lead: str = ""
    mistakes: tuple[MatrixMistake, ...] = ()

    answer_form: ClassVar[Literal["matrices"]] = "matrices"

    @model_validator(mode="after")
    def _rectangular(self) -> "Matrices":
        if any(not m or not m[0] or len({len(row) for row in m}) != 1 for m in self._expected()):
            raise ValueError("the rows of a matrix must be equally long, and there must be some")
        return self

    def asked(self) -> str:
        group = f" ({self.lead})" if self.lead else ""
        return f"Give {_counted(len(self._expected()))}{group}, in order."

    def lint(self) -> list[str]:
        right = self._expected()
        return [
            f"the mistake {_written(m.match)} is accepted as right"
            for m in self.mistakes
            if any(self._equal(m.match, want) for want in right)
        ]

    def _expected(self) -> tuple[Matrix, ...]:
        return self.expect.value() if isinstance(self.expect, Pooled) else self.expect

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="matrices", label=(self.lead,) if self.lead else ())

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        expected = self._expected()
        sizes = {(len(m), len(m[0])) for m in expected}
        every = [r for r in evidence.readings if r.kind == "matrix" and not r.doubt]
        sized = [r for r in every if r.matrix and (len(r.matrix), len(r.matrix[0])) in sizes]
        led = self.title not in evidence.stated
        readings = [r for r in sized if not led or self.lead.lower() in r.lead]
        if not readings:
            return no_answer(evidence, "matrix of the expected size")
        source = readings[0].source
        observed = ", ".join(_written(r.matrix) for r in readings if r.matrix)
        if len(readings) > len(expected):
            return manual(
                f"{len(readings)} matrices stand where {len(expected)} were asked for; a person decides which count.",
                observed=observed,
                source=source,
            )
        right = [self._equal(r.matrix, want) for r, want in zip(readings, expected, strict=False)]
        wrong = [str(i + 1) for i, ok in enumerate(right) if not ok] + [
            str(i + 1) for i in range(len(right), len(expected))
        ]
        if not wrong:
            return passed(f"{_counted(len(expected))} right.", observed=observed, source=source)
        message = f"{sum(right)} of {_counted(len(expected))} right; wrong or missing: number {', '.join(wrong)}."
        missed = [expected[int(number) - 1] for number in wrong]
        elsewhere = [r for r in sized if any(self._equal(r.matrix, want) for want in missed)]
        if any(r not in readings or not right[readings.index(r)] for r in elsewhere):
            return manual(
                f"{message} They stand elsewhere in the answer; a person decides.", observed=observed, source=source
            )
        if any(r.matrix is None for r in every) or any(section.unread for section in evidence.sections):
            return manual(
                f"{message} Not all that stands there can be read; a person does.", observed=observed, source=source
            )
        given = [r.matrix for r, ok in zip(readings, right, strict=False) if not ok]
        hint = advice(self.mistakes, lambda match: any(self._equal(matrix, match) for matrix in given))
        if not any(right):
            return failed(message, observed=observed, source=source, advice=hint)
        return partial(sum(right) / len(expected), message, observed=observed, source=source, advice=hint)

    def _equal(self, found: Matrix | None, want: Matrix) -> bool:
        return (
            found is not None
            and [len(row) for row in found] == [len(row) for row in want]
            and all(
                abs(x - y) <= self.tolerance
                for row, other in zip(found, want, strict=True)
                for x, y in zip(row, other, strict=True)
            )
        )


def _counted(number: int) -> str:
    return f"{number} {'matrix' if number == 1 else 'matrices'}"


def _written(matrix: Matrix) -> str:
    return "[" + "; ".join(" ".join(f"{x:g}" for x in row) for row in matrix) + "]"
