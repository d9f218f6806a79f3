"""The pieces that were cut out, where they stand: code, pictures and comments."""

from grader.documents.latex.cuts import PLACEHOLDER, piece_of
from grader.documents.latex.figures import figure
from grader.documents.latex.state import Command, Handler, State
from grader.documents.words import Style


def _piece(state: State, command: Command) -> None:
    piece = piece_of(state.pieces, state.tokens.group() or "")
    if not piece:
        return
    words = state.out.words
    if piece.kind == "comment":
        words.flow(f" {piece.text} ", Style(hidden="a comment"))
    elif piece.kind == "picture":
        figure(state)
    elif piece.kind == "code" and state.place.table is None:
        state.begin_block()
        above = len(piece.text) - len(piece.text.lstrip("\n"))
        words.add(piece.text.strip("\n"), Style(code=True, hidden=state.place.style.hidden))
        state.out.end("code", state.tokens.line_of(command.begin) + above, strip=False)
    else:
        words.add(piece.text, state.place.style._replace(code=True))


COMMANDS: dict[str, Handler] = {PLACEHOLDER: _piece}
