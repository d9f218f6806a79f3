"""LaTeX that students paste into Markdown: titles of sections, words in bold or boxes, items of lists."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from grader.documents.latex.commands import SECTIONS, TABLES
from grader.documents.maths import closing_brace

_TITLE = re.compile(
    r"(?:\\(?:newpage|clearpage|pagebreak|bigskip|medskip|smallskip|noindent)\s{0,20}){0,9}"
    rf"\\({'|'.join(SECTIONS)})\*?\s{{0,20}}\{{"
)
_FRAME = re.compile(
    r"\\(?:(?:begin|end)\{(?:enumerate|itemize|description|center|document|solution|answer|proof|flushleft)\*?\}"
    r"(?:\[[^\]]{0,100}\])?|(?:newpage|clearpage|pagebreak|bigskip|medskip|smallskip|noindent|maketitle|hline|centering)"
    r"(?![A-Za-z])|vspace\*?\{[^{}]{0,20}\}|label\{[^{}]{0,60}\}|end\{(?:problem|question|exercise|task)\*?\})"
)
_PROBLEM = re.compile(
    r"\\begin\{(problem|question|exercise|task)\*?\}(?:\[([^\[\]]{0,100})\])?(?:\{([^{}]{0,100})\})?(?:\[([^\[\]]{0,100})\])?"
)
_ITEM = re.compile(r"\\item(?:[ \t]*\[([^\]\n]{0,100})\])?(?![A-Za-z])[ \t]*")
_STYLES = {
    **dict.fromkeys(("textbf", "underline", "fbox", "boxed", "framebox", "uline"), ("strong", "strong")),
    **dict.fromkeys(("emph", "textit", "textsl"), ("em", "em")),
    **dict.fromkeys(("sout", "cancel", "st", "xout"), ("s", "s")),
    **dict.fromkeys(("text", "mbox", "textrm", "textsf", "textsc", "texttt"), ("", "")),
}
_STYLED = re.compile(rf"\\({'|'.join(_STYLES)})\{{")
_SWITCHES = {
    **dict.fromkeys(("bf", "bfseries"), "strong"),
    **dict.fromkeys(("it", "itshape", "em", "sl", "slshape"), "em"),
    **dict.fromkeys(("rm", "sf", "tt", "sc", "tiny", "small", "normalsize", "large", "Large", "LARGE", "huge"), ""),
}
_SWITCHED = re.compile(rf"\{{[ \t]*\\({'|'.join(_SWITCHES)})(?![A-Za-z])[ \t]*")
_PICTURE = re.compile(r"\\includegraphics\*?[ \t]*(?:\[[^\]]{0,200}\])?[ \t]*\{([^{}]{0,300})\}")
_LONGEST = 2000
_TABLE = re.compile(rf"\\begin\{{(table\*?|{'|'.join(map(re.escape, TABLES))})\}}")
_LONGEST_TABLE = 20_000
_MOST_LINES = 300


def latex_plugin(parser: MarkdownIt) -> None:
    """Add the commands to a parser."""
    parser.block.ruler.before("fence", "latex_title", _title, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block.ruler.before("fence", "latex_table", _table, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "latex_style", _style)
    parser.inline.ruler.before("escape", "latex_switch", _switch)


def _title(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    start, stop = state.bMarks[begin] + state.tShift[begin], state.eMarks[end - 1]
    if state.src[start : start + 1] != "\\":
        return False
    found = _TITLE.match(state.src, start, stop)
    if not found:
        return False
    close = closing_brace(state.src, found.end() - 1, _LONGEST)
    if close < 0 or close > stop or "\n\n" in state.src[start:close]:
        return False
    if silent:
        return True
    last = begin + state.src.count("\n", start, close)
    level = min(6, SECTIONS[found[1]])
    for kind, nesting in (("heading_open", 1), ("inline", 0), ("heading_close", -1)):
        token = state.push(kind, f"h{level}" if nesting else "", nesting)  # type: ignore[arg-type]
        token.map = [begin, last + 1]
        if not nesting:
            token.content = " ".join(state.src[found.end() : close].split())
            token.children = []
    rest = re.sub(r"^\s*\\label\{[^{}]{0,60}\}", "", state.src[close + 1 : state.eMarks[last]]).strip()
    if rest:
        for kind, nesting in (("paragraph_open", 1), ("inline", 0), ("paragraph_close", -1)):
            token = state.push(kind, "p" if nesting else "", nesting)  # type: ignore[arg-type]
            token.map = [last, last + 1]
            if not nesting:
                token.content, token.children = rest, []
    state.line = last + 1
    return True


def _table(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """A table with the lines that it stands on, for the reader of LaTeX."""
    start, stop = state.bMarks[begin] + state.tShift[begin], state.eMarks[min(end, begin + _MOST_LINES) - 1]
    found = _TABLE.match(state.src, start, state.eMarks[begin])
    closing = f"\\end{{{found[1]}}}" if found else ""
    at = state.src.find(closing, start, min(stop, start + _LONGEST_TABLE)) if found else -1
    if at < 0:
        return False
    if silent:
        return True
    last = begin + state.src.count("\n", start, at)
    token = state.push("latex_table", "", 0)
    token.content = state.src[start : state.eMarks[last]]
    token.map = [begin, last + 1]
    state.line = last + 1
    return True


def _style(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "\\":
        return False
    if found := _FRAME.match(state.src, state.pos):
        state.pos = found.end()
        return True
    if picture := _PICTURE.match(state.src, state.pos):
        if not silent:
            state.push("image", "img", 0).attrs = {"src": picture[1]}
        state.pos = picture.end()
        return True
    if problem := _PROBLEM.match(state.src, state.pos):
        if not silent:
            label = " ".join(part for part in problem.groups()[1:] if part)
            said = label if problem[1] in label.lower() else f"{problem[1].capitalize()} {label}".strip()
            for kind, tag, nesting in (("softbreak", "br", 0), ("strong_open", "strong", 1)):
                state.push(kind, tag, nesting)  # type: ignore[arg-type]
            state.push("text", "", 0).content = said
            state.push("strong_close", "strong", -1)
            state.push("softbreak", "br", 0)
        state.pos = problem.end()
        return True
    if item := _ITEM.match(state.src, state.pos):
        if not silent:
            state.push("softbreak", "br", 0)
            token = state.push("text", "", 0)
            token.content = f"{item[1] or '-'} "
        state.pos = item.end()
        return True
    found = _STYLED.match(state.src, state.pos)
    close = closing_brace(state.src, found.end() - 1, _LONGEST) if found else -1
    if not found or close < 0 or close >= state.posMax:
        return False
    _styled(state, _STYLES[found[1]][0], found.end(), close, silent=silent)
    return True


def _switch(state: StateInline, silent: bool) -> bool:
    """A group that begins with a switch of style: `{\\bf Problem 1}`."""
    found = _SWITCHED.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "{" else None
    close = closing_brace(state.src, state.pos, _LONGEST) if found else -1
    if not found or close < 0 or close >= state.posMax:
        return False
    _styled(state, _SWITCHES[found[1]], found.end(), close, silent=silent)
    return True


def _styled(state: StateInline, tag: str, start: int, close: int, *, silent: bool) -> None:
    """What stands between two places, in a style."""
    if not silent:
        last, state.posMax = state.posMax, close
        state.pos = start
        if tag:
            state.push(f"{tag}_open", tag, 1)
        state.level += 1  # so that the parser's cap on nesting holds for what has no tag, too
        state.md.inline.tokenize(state)
        state.level -= 1
        if tag:
            state.push(f"{tag}_close", tag, -1)
        state.posMax = last
    state.pos = close + 1
