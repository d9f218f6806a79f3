"""Formulas in the line and displayed, kept as LaTeX."""

import re

from grader.documents import maths
from grader.documents.latex.cuts import with_verbatim
from grader.documents.latex.state import State

_LONGEST = 20_000


def dollar(state: State, mark: str, begin: int) -> None:
    """A formula between dollars; one that ends nowhere is a sign."""
    if mark == "$$" and formula_until(state, "$$", display=True, begin=begin):
        return
    state.tokens.at = begin + 1
    if not formula_until(state, "$", display=False, begin=begin):
        state.tokens.at = begin + len(mark)
        state.flow(mark)


def formula_until(state: State, closing: str, *, display: bool, begin: int) -> bool:
    """Read up to where the formula ends; where it doesn't, it is read as words: False."""
    tokens = state.tokens
    opening = tokens.at
    stop = tokens.find(closing, opening)
    while stop >= 0 and closing[0] == "$" and _is_escaped(tokens.text, stop):
        stop = tokens.find(closing, stop + 1)
    if not 0 <= stop - opening <= _LONGEST:
        return False
    tex = tokens.text[opening:stop]
    if closing == "$" and re.search(r"\n[ \t]*\n", tex):
        return False
    tokens.at = stop + len(closing)
    _write(state, tex, display=display, begin=begin)
    return True


def formula_environment(state: State, environment: str, begin: int) -> bool:
    """Read an environment that is a formula; one that ends nowhere is none: False."""
    tokens = state.tokens
    ending = f"\\end{{{environment}}}"
    stop = tokens.find(ending, tokens.at)
    if not 0 <= stop - tokens.at <= _LONGEST:
        return False
    inside = tokens.text[tokens.at : stop]
    tokens.at = stop + len(ending)
    if environment in ("math", "math*"):
        _write(state, inside, display=False, begin=begin)
    else:
        _write(state, f"\\begin{{{environment}}}{inside}{ending}", display=True, begin=begin)
    return True


def _write(state: State, tex: str, *, display: bool, begin: int) -> None:
    style = state.place.style
    for number, part in enumerate(maths.parts(with_verbatim(tex, state.pieces))):
        own = style._replace(struck=style.struck or part.struck, hidden=style.hidden or part.hidden)
        if number and not display:
            state.out.words.flow(" ")
        if not display or state.place.table is not None or part.hidden:
            state.out.words.formula(part.tex, own)
        else:
            state.begin_block()
            state.out.words.formula(part.tex, own)
            state.out.end("quotation" if state.place.quoted else "formula", state.tokens.line_of(begin))


def _is_escaped(text: str, at: int) -> bool:
    """Whether an odd number of backslashes stands before."""
    begin = at
    while begin > 0 and text[begin - 1] == "\\":
        begin -= 1
    return (at - begin) % 2 == 1
