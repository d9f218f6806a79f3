"""Lists and their items, with the labels that LaTeX prints; the questions of an examination."""

import re

from grader.documents.labels import number_as
from grader.documents.latex import sections
from grader.documents.latex.counters import LIST_LABELS, PRINTED, Counters
from grader.documents.latex.groups import Item, List
from grader.documents.latex.state import Command, Handler, State
from grader.documents.latex.words import say

_ENUMERATED = (("1", "{}."), ("a", "({})"), ("i", "{}."), ("A", "{}."))
_EXAM = {"questions": ("1", "{}."), "parts": ("a", "({})"), "subparts": ("i", "{}.")}
_START = re.compile(r"start\s*=\s*(\d{1,4})")
_LABEL = re.compile(r"label\s*=\s*((?:\{(?:[^{}]|\{[^{}]{0,100}\}){0,100}\}|[^,{}]|\{[^{}]{0,100}\}){1,100})")
_SHORT_LABEL = re.compile(r"(?<![A-Za-z{])[1aAiI](?![A-Za-z}])")
_DEEPEST = 20


def begin_list(state: State, environment: str) -> None:
    """A list begins."""
    state.end_block()
    option = state.tokens.brackets() or ""
    counters = state.shared.counters
    listed = List(environment.rstrip("*"))
    if listed.name in ("enumerate", "compactenum", "tasks"):
        depth = min(len(state.place.numbered), len(_ENUMERATED) - 1)
        listed.form, listed.pattern = _ENUMERATED[depth]
        listed.pattern = counters.labels.get(LIST_LABELS[depth]) or listed.pattern
        _set_options(listed, option, counters)
    elif listed.name in _EXAM:
        listed.form, listed.pattern = _EXAM[listed.name]

    def end() -> None:
        state.begin_block()
        if len(state.place.lists) == 1:
            counters.resumed = listed.number

    state.groups.open(environment, end, lists=(*state.place.lists[-_DEEPEST:], listed), item=None)


def _set_options(listed: List, option: str, counters: Counters) -> None:
    """The options of a list say how it counts."""
    if start := _START.search(option):
        listed.number = int(start[1]) - 1
    elif re.search(r"\bresume\b", option):
        listed.number = counters.resumed
    if label := _LABEL.search(option):
        said = label[1].strip()
        said = said[1:-1] if said.startswith("{") and said.endswith("}") else said
        listed.pattern = PRINTED.sub(lambda form: f"\\{form[1]}*", said)
    elif option and "=" not in option and (short := _SHORT_LABEL.search(option)):
        listed.form = short[0]
        listed.pattern = f"{option[: short.start()]}{{}}{option[short.end() :]}"


def _item(state: State, command: Command) -> None:
    _begin_item(state, state.tokens.brackets(), command.begin)


def _question(state: State, command: Command) -> None:
    """An item of an examination, where what stands in brackets is what it is worth."""
    points = state.tokens.brackets()
    _begin_item(state, None, command.begin)
    if points:
        say(state, f"({state.plain(points)}) ")


def _part(state: State, command: Command) -> None:
    """A question's part in an examination, else a part of the document."""
    in_exam = any(each.name == "parts" for each in state.place.lists)
    (_question if in_exam else sections.heading)(state, command)


def _begin_item(state: State, label: str | None, begin: int) -> None:
    """An item begins, which lasts until the next, or the end of its list, whatever group it begins in."""
    state.end_block()
    lists = state.place.lists
    if label is not None:
        mark = state.plain(label)
    elif lists and lists[-1].pattern:
        lists[-1].number += 1
        mark = state.plain(_label_of(lists[-1], state.shared.counters))
    else:
        mark = ""
    state.line = state.tokens.line_of(begin)
    state.place.item = Item(mark, max(1, len(lists)), state.line)


def _label_of(listed: List, counters: Counters) -> str:
    if PRINTED.search(listed.pattern):
        return counters.filled(listed.pattern, listed.number)
    return listed.pattern.replace("{}", number_as(listed.number, listed.form))


# What these names mean is an author's own to say: an examination's class is rarely there.
QUESTIONS = ("question", "part", "subpart", "task")
COMMANDS: dict[str, Handler] = {"item": _item, **dict.fromkeys(QUESTIONS, _question), "part": _part}
