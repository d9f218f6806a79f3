"""Figures and their captions."""

from grader.core.document import Block
from grader.documents.latex.state import Command, Handler, State


def figure(state: State) -> None:
    """A picture stands here, of which nothing is read."""
    if state.place.table is None:
        state.begin_block()
        state.out.end("figure", state.line, keep=True)


def _graphics(state: State, _: Command) -> None:
    state.tokens.brackets()
    state.tokens.group()
    figure(state)


def _caption(state: State, command: Command) -> None:
    state.tokens.brackets()
    title = state.tokens.group()
    if title:
        place = state.out.at(state.tokens.line_of(command.begin))
        state.out.blocks.append(Block(kind="paragraph", runs=state.runs(title), source=place))


COMMANDS: dict[str, Handler] = {"includegraphics": _graphics, "caption": _caption}
