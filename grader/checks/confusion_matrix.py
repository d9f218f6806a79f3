"""`confusion_matrix`: a confusion matrix, against the class counts, the reported accuracy, and the pairs named."""

import re
from typing import Literal

from pydantic import Field, model_validator

from grader.checks._answers import labelled, said
from grader.checks._base import Check, OnlyRead, no_answer
from grader.core.evidence import Confusion, ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, partial, passed
from grader.core.record import Record

_CONFUSED = re.compile(
    r"(?<![\w.])(?P<true>\d{1,2})(?:['’]?s)?\s{0,3}(?:(?:is|are|was|were|being|digit|often|mostly)\s{1,3}){0,3}"
    r"(?:(?:confused|mistaken|misclassified|classified|misread|read|predicted|labell?ed|taken|mixed up)"
    r"\s{1,3}(?:as|for|with|to be)\s{1,3}(?:an?\s|the\s|digit\s){0,2}|(?:->|→|\\to|\\rightarrow)\s{0,3}"
    r"|(?:and|vs\.?|with|,)\s{0,3})(?P<other>\d{1,2})(?![\w]|\.\d)",
    re.IGNORECASE,
)


class _Part(Record):
    """One thing looked at: whether it holds (None: can't be said), and what is said about it."""

    ok: bool | None
    said: str


class ConfusionMatrix(Check):
    """A confusion matrix with a row for each true class: each part that is asked for earns its share.

    `class_counts` are the samples of each class, which the rows must add up to. `accuracy` holds words beside the
    accuracy that the student reports (in problem `accuracy_in`, where that is another), which must be the matrix's own,
    give or take `tolerance`. `pairs` asks for that many most confused pairs in the text: “7 confused as 2”.
    """

    type: Literal["confusion_matrix"] = "confusion_matrix"
    class_counts: tuple[int, ...] = Field(min_length=2)
    accuracy: tuple[str, ...] = ()
    accuracy_in: str = ""
    tolerance: float = Field(default=0.0005, ge=0)
    pairs: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _samples(self) -> "ConfusionMatrix":
        if min(self.class_counts) < 1:
            raise ValueError("`class_counts` are numbers of samples, 1 or more")
        return self

    def asked(self) -> str:
        named = f" and the {self.pairs} most confused pairs" if self.pairs else ""
        return f"Give the confusion matrix of {len(self.class_counts)} classes{named}."

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="confusion matrix")

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        size = len(self.class_counts)
        found = [c for s in evidence.sections for c in s.confusions if len(c.counts) == size]
        if not found:
            return no_answer(evidence, f"confusion matrix of {size} classes")
        matrix = found[-1]
        parts = [self._rows(matrix)]
        if self.accuracy:
            parts.append(self._accuracy(matrix, evidence))
        if self.pairs:
            parts.append(self._pairs(matrix, evidence))
        message = " ".join(part.said for part in parts)
        observed = "; ".join(" ".join(map(str, row)) for row in matrix.counts)
        if any(part.ok is None for part in parts):
            return manual(f"{message} A person decides.", observed=observed, source=matrix.source)
        right = sum(bool(part.ok) for part in parts)
        if right == len(parts):
            return passed(message, observed=observed, source=matrix.source)
        if not right:
            return failed(message, observed=observed, source=matrix.source)
        return partial(right / len(parts), message, observed=observed, source=matrix.source)

    def _rows(self, matrix: Confusion) -> _Part:
        doubts = [
            f" Row {matrix.first + i} has “{'”, “'.join(cells)}”, read as a digit that looks like it."
            for i, cells in enumerate(matrix.doubtful)
            if cells
        ]
        wrong = [
            (matrix.first + i, sum(row), count, bool(matrix.doubtful[i]))
            for i, (row, count) in enumerate(zip(matrix.counts, self.class_counts, strict=True))
            if sum(row) != count
        ]
        if not wrong:
            return _Part(
                ok=True, said=f"All {len(matrix.counts)} rows add up to the samples of their class.{''.join(doubts)}"
            )
        rows = ", ".join(f"row {i} to {total} instead of {count}" for i, total, count, _ in wrong[:4])
        unsure = all(doubtful for *_, doubtful in wrong)
        return _Part(ok=None if unsure else False, said=f"Rows add up to another number: {rows}.{''.join(doubts)}")

    def _accuracy(self, matrix: Confusion, evidence: ProblemEvidence) -> _Part:
        right, total = sum(row[i] for i, row in enumerate(matrix.counts)), sum(map(sum, matrix.counts))
        own = right / total if total else 0.0
        said = f"The matrix has {right:,} of {total:,} right, an accuracy of {own:.4f}"
        readings = [
            r
            for section in evidence.sections_of(self.accuracy_in)
            for r in section.readings
            if r.kind == "number" and r.number is not None and 0 < r.number < 1
        ]
        near = labelled(readings, self.accuracy)
        if not near:
            return _Part(ok=None, said=f"{said}; no reported accuracy could be read.")
        reported = near[-1]
        assert reported.number is not None
        where = f" ({reported.source})"
        if abs(reported.number - own) <= self.tolerance:
            return _Part(ok=True, said=f"{said}, as reported.")
        return _Part(ok=False, said=f"{said}, which doesn't agree with the reported {reported.text}{where}.")

    def _pairs(self, matrix: Confusion, evidence: ProblemEvidence) -> _Part:
        named = _named_pairs(said(evidence), matrix)
        errors = sorted(
            (
                (count, matrix.first + i, matrix.first + j)
                for i, row in enumerate(matrix.counts)
                for j, count in enumerate(row)
                if i != j
            ),
            reverse=True,
        )
        least = errors[self.pairs - 1][0]
        top = ", ".join(f"{i} as {j} ({count})" for count, i, j in errors[: self.pairs])
        if not named:
            return _Part(ok=None, said=f"No confused pairs could be read; the matrix's are {top}.")
        counts = {(i, j): count for count, i, j in errors}
        wrong = [pair for pair in named[: self.pairs] if counts[pair] < least]
        if not wrong and len(named) >= self.pairs:
            return _Part(ok=True, said=f"The most confused pairs named are the matrix's: {top}.")
        shown = ", ".join(f"{i} as {j} ({counts[i, j]})" for i, j in named[: self.pairs])
        return _Part(ok=False, said=f"Named as most confused: {shown}; the matrix has {top}.")


def _named_pairs(text: str, matrix: Confusion) -> list[tuple[int, int]]:
    """The pairs (true class, predicted class) that lines speaking of confusion name, in order."""
    classes = range(matrix.first, matrix.first + len(matrix.counts))
    pairs = []
    for line in text.split("\n"):
        if re.search(r"confus|mistak|misclass|misread|mixed", line[:2000], re.IGNORECASE):
            for match in _CONFUSED.finditer(line[:2000]):
                pair = int(match["true"]), int(match["other"])
                if pair[0] != pair[1] and pair[0] in classes and pair[1] in classes and pair not in pairs:
                    pairs.append(pair)
    return pairs
