"""Columns and rows of the tables that a report states, found by what they are called."""

import math

from grader.core.evidence import Section, Table, TableRow


def tables_of(sections: tuple[Section, ...]) -> list[Table]:
    """All tables of these sections, in order."""
    return [table for section in sections for table in section.tables]


def column_of(table: Table, words: str) -> int | None:
    """The column whose heading has all of these words; without a heading or words, the last column of numbers."""
    wanted = words.lower().split()
    for index, name in enumerate(table.header):
        if wanted and all(word in name.lower() for word in wanted):
            return index
    if table.header and wanted:
        return None
    numbered = [i for row in table.rows for i, number in enumerate(row.numbers) if i and number is not None]
    return max(numbered, default=None)


def row_of(table: Table, label: float | str) -> TableRow | None:
    """The first row that is labelled with this number or word."""
    return next((row for row in table.rows if _labelled(row, label)), None)


def _labelled(row: TableRow, label: float | str) -> bool:
    if isinstance(label, str):
        return label.lower() in row.name.lower()
    return row.value is not None and math.isclose(row.value, label, rel_tol=1e-6, abs_tol=1e-9)


def number_at(row: TableRow, column: int) -> float | None:
    """The number in a column of a row."""
    return row.numbers[column] if column < len(row.numbers) else None


def row_name(row: TableRow) -> str:
    """A row's label as the student wrote it."""
    return next((cell for cell in row.cells if cell), "")
