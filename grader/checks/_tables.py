"""Columns and rows of the tables that a report states, found by what they are called."""

import math

from grader.core.evidence import Section, Table, TableRow
from grader.language.numbers import single_number


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


def turned(table: Table) -> Table:
    """The same table with its rows as columns, as where each setting has a column of its own."""
    cells = [table.header, *(row.cells for row in table.rows)] if table.header else [row.cells for row in table.rows]
    if len(cells) < 2 or len({len(row) for row in cells}) > 1:
        return table
    numbers = {(row, i): number for row in table.rows for i, number in enumerate(row.numbers)}
    rows = table.rows if table.header else table.rows[1:]
    names = cells[0]
    turned_rows = tuple(
        TableRow(
            cells=(name, *(row.cells[i] for row in rows)),
            numbers=(_number(name), *(numbers[row, i] for row in rows)),
            name=name if _number(name) is None else "",
            value=_number(name),
            source=table.source,
        )
        for i, name in enumerate(names)
        if i
    )
    return Table(header=(names[0], *(row.cells[0] for row in rows)), rows=turned_rows, source=table.source)


def _number(text: str) -> float | None:
    number = single_number(text)
    return number.value if number else None
