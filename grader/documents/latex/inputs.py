"""Other files of the submission, where a document puts them in."""

from grader.core.source import Source
from grader.documents.latex.state import Command, Handler, State
from grader.documents.text import decode

_MOST_INPUTS, _DEEPEST_INPUT = 50, 5


def _input(state: State, command: Command) -> None:
    name = (state.tokens.group() or "").strip()
    if not name:
        return
    state.end_block()
    state.shared.inputs += 1
    raw = None
    if state.depth < _DEEPEST_INPUT and state.shared.inputs <= _MOST_INPUTS:
        names = [name] if name.lower().endswith((".tex", ".ltx", ".txt")) else [f"{name}.tex", name]
        found = ((each, state.shared.beside(each)) for each in names)
        name, raw = next(((each, content) for each, content in found if content is not None), (name, None))
    if raw is None:
        state.out.words.add(f"the file {name[:200]}, which is put in here and was not found")
        state.out.end("unread", state.tokens.line_of(command.begin))
    else:
        state.out.blocks += state.read(decode(raw, name), Source(file=name, line=1), state.shared, state.depth + 1)


COMMANDS: dict[str, Handler] = dict.fromkeys(("input", "include", "subfile"), _input)
