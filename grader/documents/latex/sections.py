"""Titles: of sections with their numbers, of the document, and of the problems of templates."""

import re

from grader.core.document import Block
from grader.documents.latex import commands
from grader.documents.latex.state import Command, Handler, State

_LABEL = re.compile(r"\(?\d{1,2}[A-Za-z]?[.)]?|[A-Za-z][.)]?|[ivxIVX]{1,4}")


def heading(state: State, command: Command) -> None:
    """The title of a section."""
    state.tokens.brackets()
    title = state.tokens.group()
    if title is None:
        return
    state.end_block()
    counters = state.shared.counters
    counted = command.name in commands.COUNTED and not command.starred
    mark = counters.section(command.name, state.plain) if counted else ""
    item = state.place.item
    if item and not item.written and item.mark and not mark:
        mark, item.written = item.mark, True
    level = commands.SECTIONS[command.name] + (counters.chapters and command.name not in ("part", "chapter"))
    runs = state.runs(title)
    if runs or mark:
        place = state.out.at(state.tokens.line_of(command.begin))
        state.out.blocks.append(Block(kind="heading", runs=runs, level=level, mark=mark, source=place))


def _titles(state: State, command: Command) -> None:
    state.end_block()
    for name in ("title", "author"):
        title = state.shared.titles.get(name, "").strip()
        runs = state.runs(title) if title else ()
        if name == "title":
            runs = tuple(run.model_copy(update={"bold": True}) for run in runs)
        if runs:
            place = state.out.at(state.tokens.line_of(command.begin))
            state.out.blocks.append(Block(kind="paragraph", runs=runs, source=place))


def is_problem(state: State, environment: str) -> bool:
    """Whether an environment is a theorem of the author's, or a problem of a template."""
    return environment in state.shared.theorems or environment in commands.PROBLEMS


def begin_problem(state: State, environment: str, begin: int) -> None:
    """A problem's title: its argument is its label, or LaTeX counts."""
    state.end_block()
    theorem = state.shared.theorems.get(environment)
    title = state.tokens.brackets()
    if theorem:
        counted = state.shared.counters.values
        counted[environment] += 1
        label: str | None = str(counted[environment])
    else:
        label = state.tokens.group()
        title = title if title is not None else state.tokens.brackets()
    said = theorem or commands.PROBLEMS[environment]
    state.out.words.add(_titled(said, state.plain(label or ""), state.plain(title or "")))
    state.out.end("heading", state.tokens.line_of(begin), level=2)
    state.groups.open(environment, item=None)


def _titled(said: str, label: str, title: str) -> str:
    """A problem's title as it is read: its kind, label and name."""
    if not label and _LABEL.fullmatch(title):
        label, title = title, ""
    words = label if said.lower() in label.lower() else " ".join(part for part in (said, label) if part)
    if not title:
        return words
    if label:
        return f"{words} ({title})"
    return title if said.lower() in title.lower() else f"{words}: {title}"


COMMANDS: dict[str, Handler] = {**dict.fromkeys(commands.SECTIONS, heading), "maketitle": _titles}
