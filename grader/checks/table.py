"""`table`: a table with certain columns and rows."""

from typing import Literal

from pydantic import Field, model_validator

from grader.checks._base import Check, OnlyRead, no_answer
from grader.checks._tables import column_of, number_at, row_name, row_of, tables_of, turned
from grader.core.evidence import ProblemEvidence, Table
from grader.core.outcome import Outcome, failed, partial, passed


class StatedTable(Check):
    """A table of numbers: each of `columns` is words of a heading (`[test accuracy, validation]`), each of `rows` the
    number or word that a row begins with (`[100, 500, 1000]`; `k = 100` counts as 100).

    Each cell that is there earns its share; with `between`, only numbers in these bounds count. Percentages are read
    as parts of one: 97.6 under “(%)” is 0.976. Whether what is said about the table is true is for `consistency`.
    """

    type: Literal["table"] = "table"
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[float | str, ...] = Field(min_length=1)
    between: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "StatedTable":
        if self.between and self.between[0] > self.between[1]:
            raise ValueError(f"`between` is empty: {self.between[0]:g} is above {self.between[1]:g}")
        return self

    def asked(self) -> str:
        rows = ", ".join(f"{row:g}" if isinstance(row, float) else row for row in self.rows)
        return f"Give a table of {', '.join(self.columns)} for {rows}."

    def for_students(self) -> Check | OnlyRead:
        # Bounds that count only good numbers say where these lie.
        return OnlyRead(read_as="table", label=self.columns) if self.between else self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        tables = tables_of(evidence.sections)
        if not tables:
            return no_answer(evidence, "table")
        best = max([*tables, *map(turned, tables)], key=lambda table: len(self._found(table)))
        found, wanted = self._found(best), len(self.columns) * len(self.rows)
        missing = [
            f"{column} of {row:g}" if isinstance(row, float) else f"{column} of {row}"
            for row in self.rows
            for column in self.columns
            if (row, column) not in found
        ]
        if not missing:
            return passed(f"All {wanted} numbers are there; {self._extreme(best)}.", source=best.source)
        shown = ", ".join(missing[:6]) + (" …" if len(missing) > 6 else "")
        out = " or outside of the bounds" if self.between else ""
        message = f"{len(found)} of {wanted} numbers are there; missing{out}: {shown}."
        if not found:
            return failed(message, source=best.source)
        return partial(len(found) / wanted, message, source=best.source)

    def _found(self, table: Table) -> set[tuple[float | str, str]]:
        found = set()
        for column in self.columns:
            index = column_of(table, column)
            for label in self.rows:
                row = row_of(table, label)
                number = number_at(row, index) if row is not None and index is not None else None
                if number is not None and (self.between is None or self.between[0] <= number <= self.between[1]):
                    found.add((label, column))
        return found

    def _extreme(self, table: Table) -> str:
        index = column_of(table, self.columns[-1]) or 0
        rows = [row for row in table.rows if number_at(row, index) is not None]
        best = max(rows, key=lambda row: number_at(row, index) or 0.0)
        return f"the highest {self.columns[-1]} is {best.cells[index]}, of {row_name(best)}"
