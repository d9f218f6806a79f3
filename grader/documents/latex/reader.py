"""One pass over the tokens of a text in LaTeX: what each of them does."""

import re

from grader.core.document import Block
from grader.core.source import Source
from grader.documents.latex import (
    commands,
    definitions,
    environments,
    figures,
    inputs,
    lists,
    sections,
    tables,
    verbatim,
    words,
)
from grader.documents.latex.cuts import cut
from grader.documents.latex.formulas import dollar
from grader.documents.latex.state import Command, Handler, Shared, State
from grader.documents.latex.tokens import Tokens
from grader.documents.words import Style

# What keeps its meaning where an author's preamble defines it anew; parts are questions in an examination.
_KEPT: dict[str, Handler] = {
    **words.COMMANDS,
    **sections.COMMANDS,
    **lists.COMMANDS,
    **tables.COMMANDS,
    **figures.COMMANDS,
    **inputs.COMMANDS,
    **verbatim.COMMANDS,
}
_COMMANDS: dict[str, Handler] = {**words.UNSEEN, **definitions.COMMANDS, **_KEPT, **environments.COMMANDS}


def read(text: str, source: Source, shared: Shared, depth: int = 0) -> tuple[Block, ...]:
    """The blocks of a text that stands at a depth of files and arguments in each other."""
    text, pieces = cut(text)
    text = shared.macros.put_in(shared.macros.learn(text, _keeps_its_meaning))
    state = State(Tokens(text, source.line or 1), pieces, source, shared, depth, read)
    definitions.read_preamble(state)
    for token in state.tokens:
        if not state.out.words:
            state.line = state.tokens.line_of(token.start())
        _take(state, token)
    state.groups.close_all()
    state.end_block()
    return tuple(state.out.blocks)


def _take(state: State, token: re.Match[str]) -> None:
    kind, begin = token.lastgroup, token.start()
    if kind == "words":
        words.say(state, token[0])
    elif kind == "command":
        _obey(state, token["command"], begin)
    elif kind == "sign":
        words.sign(state, token["sign"], begin)
    elif kind == "comment":
        if token["comment"].strip(" \t%-=*#"):
            state.out.words.flow(f" {token['comment']} ", Style(hidden="a comment"))
    elif kind == "dollar":
        dollar(state, token["dollar"], begin)
    elif token[0] == "{":
        state.groups.open("{")
    elif token[0] == "}":
        state.groups.close("{")
    elif kind == "break":
        state.end_block()
    elif token[0] == "&" and state.place.table is not None:
        tables.end_cell(state, state.place.table)
    else:
        state.flow(" ")


def _obey(state: State, command: str, begin: int) -> None:
    """A command that is known does what it does; of others the sign is printed, where they have one."""
    name = command.removesuffix("*")
    if name in _COMMANDS:
        _COMMANDS[name](state, Command(name, command.endswith("*"), begin))
    elif len(name) == 1 and (combining := commands.accent(name)):
        words.accent(state, combining)
    else:
        state.flow(commands.symbol(name))


def _keeps_its_meaning(name: str) -> bool:
    return name not in lists.QUESTIONS and (name in _KEPT or name.startswith(("the", "labelenum")))
