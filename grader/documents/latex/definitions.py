"""What an author sets: counters and how they are printed, titles, the names of theorems."""

import re

from grader.documents.latex.commands import COUNTED
from grader.documents.latex.counters import LIST_LABELS
from grader.documents.latex.groups import List
from grader.documents.latex.state import Command, Handler, State

_BEGIN = re.compile(r"\\begin\s*\{document\}")
_WITH_CHAPTERS = re.compile(r"\\documentclass[^{]{0,200}\{(?:\w*book|\w*report|memoir|scrreprt)\}")
_THEOREM = re.compile(r"\\newtheorem\*?\{(\w+)\}(?:\[\w+\])?\{([^{}]{1,60})\}")
_SET = re.compile(r"\\(setcounter|title|author|renewcommand|def)(?![A-Za-z])\*?\s*(?=[\\{])")
_NAME = re.compile(r"\s{0,9}\{?\s{0,9}\\([A-Za-z@]{1,50})\s{0,9}\}?")
_LIST_COUNTERS = {"enumi": 0, "enumii": 1, "enumiii": 2, "enumiv": 3, "question": 0, "partno": 1}
_LABELS = (*LIST_LABELS, *(f"the{counter}" for counter in COUNTED))


def read_preamble(state: State) -> None:
    """Take what stands before the document; what it prints is known then."""
    tokens, shared = state.tokens, state.shared
    begin = _BEGIN.search(tokens.text)
    preamble = tokens.text[: begin.start()] if begin else tokens.text
    shared.counters.chapters |= bool(_WITH_CHAPTERS.search(preamble))
    shared.theorems |= {found[1]: found[2] for found in _THEOREM.finditer(preamble)}
    if begin:
        for found in _SET.finditer(preamble):
            tokens.at = found.end()
            COMMANDS[found[1]](state, Command(found[1], False, found.start()))
        tokens.at = begin.end()


def _title(state: State, command: Command) -> None:
    state.shared.titles[command.name] = state.tokens.group() or ""


def _count(state: State, command: Command) -> None:
    counter = (state.tokens.group() or "").strip()
    value = "1" if "step" in command.name else (state.tokens.group() or "").strip()
    if re.match(r"-\s?\\max", value):  # as pandoc leaves sections without numbers
        value = "-99999"
    if not re.fullmatch(r"-?\d{1,6}", value):
        return
    is_set = command.name == "setcounter"
    listed = _list_of(counter, state.place.numbered)
    if listed:
        listed.number = int(value) + (0 if is_set else listed.number)
    else:
        values = state.shared.counters.values
        values[counter] = int(value) + (0 if is_set else values[counter])


def _list_of(counter: str, numbered: list[List]) -> List | None:
    """The open list that a counter numbers."""
    depth = _LIST_COUNTERS.get(counter, len(numbered))
    return numbered[depth] if depth < len(numbered) else None


def _redefine(state: State, _: Command) -> None:
    """How a counter is printed from here on; what else is defined anew stays what it is."""
    tokens = state.tokens
    found = _NAME.match(tokens.text, tokens.at)
    if not found:
        return
    name = found[1]
    tokens.at = found.end()
    tokens.skip_brackets()
    body = tokens.group()
    if body is None or name not in _LABELS:
        return
    state.shared.counters.labels[name] = body
    numbered = state.place.numbered
    if name in LIST_LABELS and len(numbered) == LIST_LABELS.index(name) + 1:
        numbered[-1].pattern = body


COMMANDS: dict[str, Handler] = {
    **dict.fromkeys(("title", "author", "date"), _title),
    **dict.fromkeys(("setcounter", "addtocounter", "stepcounter", "refstepcounter"), _count),
    **dict.fromkeys(("def", "renewcommand", "newcommand", "providecommand"), _redefine),
}
