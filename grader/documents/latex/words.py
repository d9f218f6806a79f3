"""Words as they are printed: styles, accents and signs, notes and links, and what is not shown at all."""

import unicodedata

from grader.documents import maths
from grader.documents.latex import commands
from grader.documents.latex.formulas import formula_until
from grader.documents.latex.state import Command, Handler, State
from grader.documents.latex.tables import end_row

_LIGATURES = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"))
_LONGEST_LINK = 2000


def say(state: State, text: str) -> None:
    """Words, whose dashes and quotes are drawn but in code."""
    if not state.place.style.code:
        for typed, drawn in _LIGATURES:
            text = text.replace(typed, drawn)
    state.flow(text)


def sign(state: State, char: str, begin: int) -> None:
    """A command whose name is a sign."""
    if char == "\\":
        _end_line(state)
    elif char == "(":
        formula_until(state, "\\)", display=False, begin=begin)
    elif char == "[":
        formula_until(state, "\\]", display=True, begin=begin)
    elif combining := commands.accent(char):
        accent(state, combining)
    else:
        state.flow(" " if char == "\n" else commands.symbol(char))


def _end_line(state: State) -> None:
    tokens = state.tokens
    tokens.brackets()
    if tokens.text.startswith("*", tokens.at):
        tokens.at += 1
    if state.place.table is not None:
        end_row(state, state.place.table)
    else:
        state.out.words.line(state.place.style)


def accent(state: State, combining: str) -> None:
    """The next letter, or those in braces, with an accent on the first."""
    letters = state.tokens.group()
    if letters is None:
        letters = state.tokens.text[state.tokens.at : state.tokens.at + 1]
        state.tokens.at += 1
    letters = {"\\i": "i", "\\j": "j"}.get(letters.strip(), letters)
    state.flow(unicodedata.normalize("NFC", letters[:1] + combining) + letters[1:])


def _switch(state: State, command: Command) -> None:
    state.place.style = state.place.style._replace(**commands.SWITCHES[command.name])  # type: ignore[arg-type]


def _styled(state: State, command: Command) -> None:
    state.tokens.brackets()
    state.enter_argument(None, **commands.STYLES[command.name])


def _last_shown(state: State, command: Command) -> None:
    """A command whose last argument is shown: in white, as a link, or as it is."""
    state.tokens.brackets()
    first = ""
    for _ in range(commands.LAST_SHOWN[command.name]):
        first = state.tokens.group() or first
        state.tokens.brackets()
    if command.name == "textcolor" and maths.is_white(first):
        state.enter_argument(hidden="white text")
    elif command.name == "href":
        state.enter_argument(link=state.plain(first)[:_LONGEST_LINK])
    elif command.name == "texorpdfstring":  # a second argument says the same for a table of contents
        state.enter_argument(lambda: _skip_group(state))
    else:
        state.enter_argument()


def _skip_group(state: State) -> None:
    state.tokens.group()


def _colour(state: State, _: Command) -> None:
    state.tokens.brackets()
    if maths.is_white(state.tokens.group() or ""):
        state.place.style = state.place.style._replace(hidden="white text")


def _footnote(state: State, _: Command) -> None:
    state.tokens.brackets()
    state.flow(" (")
    state.enter_argument(lambda: state.flow(") "))


def _address(state: State, _: Command) -> None:
    address = state.tokens.group() or ""
    state.out.words.flow(address, state.place.style._replace(link=address[:_LONGEST_LINK]))


def _paragraph(state: State, _: Command) -> None:
    state.end_block()


def _new_line(state: State, _: Command) -> None:
    state.out.words.line(state.place.style)


def _unseen(state: State, command: Command) -> None:
    state.tokens.skip_brackets()
    for _ in range(commands.UNSEEN[command.name]):
        state.tokens.group()
        state.tokens.brackets()


COMMANDS: dict[str, Handler] = {
    **dict.fromkeys(commands.LAST_SHOWN, _last_shown),
    **dict.fromkeys(commands.STYLES, _styled),
    **dict.fromkeys(commands.SWITCHES, _switch),
    **dict.fromkeys(
        ("par", "newpage", "clearpage", "pagebreak", "bigskip", "medskip", "smallskip", "hrule"), _paragraph
    ),
    **dict.fromkeys(("newline", "linebreak"), _new_line),
    "color": _colour,
    "footnote": _footnote,
    "url": _address,
}
UNSEEN: dict[str, Handler] = dict.fromkeys(commands.UNSEEN, _unseen)
