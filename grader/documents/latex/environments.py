"""Where environments begin and end."""

import re

from grader.documents.latex import commands
from grader.documents.latex.formulas import formula_environment
from grader.documents.latex.lists import begin_list
from grader.documents.latex.sections import begin_problem, is_problem
from grader.documents.latex.state import Command, Handler, State
from grader.documents.latex.tables import begin_table
from grader.documents.words import Style

_MOST_AFTER = 200_000


def _begin(state: State, command: Command) -> None:
    argument = state.tokens.group()
    if argument is None:
        return
    name = argument.strip()
    if name in commands.FORMULAS and formula_environment(state, name, command.begin):
        return
    if name in commands.TABLES:
        begin_table(state, name, command.begin)
    elif name in commands.LISTS:
        begin_list(state, name)
    elif is_problem(state, name):
        begin_problem(state, name, command.begin)
    else:
        _begin_other(state, name)


def _begin_other(state: State, name: str) -> None:
    if state.place.table is None:
        state.end_block()
    if name in commands.FLOATS:
        state.tokens.brackets()
        while state.tokens.group() is not None:
            pass
    state.groups.open(name, quoted=state.place.quoted or name in commands.QUOTATIONS)


def _end(state: State, command: Command) -> None:
    argument = state.tokens.group()
    if argument is None:
        return
    name = argument.strip()
    if name == "document":
        _end_document(state, command.begin)
        return
    if state.place.table is None:
        state.end_block()
    if state.groups.close(name) and state.place.table is None:
        state.end_block()


def _end_document(state: State, begin: int) -> None:
    state.end_block()
    tokens = state.tokens
    rest = re.sub(r"\s+", " ", tokens.text[tokens.at :]).strip()
    if rest:
        state.out.words.add(rest[:_MOST_AFTER], Style(hidden="after the end of the document"))
        state.out.end("paragraph", tokens.line_of(begin))
    tokens.at = len(tokens.text)


COMMANDS: dict[str, Handler] = {"begin": _begin, "end": _end}
