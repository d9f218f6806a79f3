"""Tables, cell by cell."""

import re

from grader.documents.latex.commands import TABLES
from grader.documents.latex.groups import Table
from grader.documents.latex.state import Command, Handler, State
from grader.documents.words import Words, style_of

_MOST_ROWS = 5000


def begin_table(state: State, environment: str, begin: int) -> None:
    """A table begins; one in a cell is words of the cell."""
    for _ in range(TABLES[environment]):
        state.tokens.brackets()
        state.tokens.group()
    table = Table()
    if state.place.table is None:
        state.begin_block()
        line = state.tokens.line_of(begin)
        state.groups.open(environment, lambda: _write(state, table, line), table=table)
    else:
        outer, state.out.words = state.out.words, Words()
        state.groups.open(environment, lambda: _join(state, table, outer), table=table)


def _write(state: State, table: Table, line: int) -> None:
    if state.out.words:
        end_cell(state, table)
    rows = [row for row in table.rows if any(row)]
    for first in range(0, len(rows), _MOST_ROWS):  # one that is longer goes on as another
        state.out.table(rows[first : first + _MOST_ROWS], line)


def _join(state: State, table: Table, outer: Words) -> None:
    """What a table in a cell holds goes on the cell's own words."""
    end_cell(state, table)
    state.out.words = outer
    for run in (run for row in table.rows for cell in row for run in cell):
        if run.formula:
            outer.formula(run.text, style_of(run))
        else:
            outer.flow(f" {run.text} ", style_of(run))


def end_cell(state: State, table: Table) -> None:
    """The words so far are a cell."""
    table.end_cell(state.out.words.take())


def end_row(state: State, table: Table) -> None:
    """The words so far are the last cell of a row."""
    end_cell(state, table)
    table.end_row()


def _new_row(state: State, _: Command) -> None:
    if state.place.table is not None:
        state.tokens.brackets()
        end_row(state, state.place.table)


def _multicolumn(state: State, _: Command) -> None:
    count = (state.tokens.group() or "1").strip()
    state.tokens.group()

    def end() -> None:
        if state.place.table is not None:
            state.place.table.span = int(count) if re.fullmatch(r"\d{1,2}", count) else 1

    state.enter_argument(end)


COMMANDS: dict[str, Handler] = {"tabularnewline": _new_row, "multicolumn": _multicolumn}
