"""Maths in Markdown: between dollars, in escaped brackets, and environments that stand by themselves."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from grader.documents import maths

_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|align|alignat|gather|multline|eqnarray|flalign|displaymath|math|[bpvBV]?matrix|array|cases|split)\*?)\}"
)
# What stands in brackets that a program has escaped: words, or a label that begins a line.
_WORDS = re.compile(r"[^\\=^_+*/<>|{}]*[^\W\d_]{3}[^\\=^_+*/<>|{}]*")
_LABEL = re.compile(r"[A-Za-z]|[ivx]{1,4}|\d{1,2}")
_LONGEST = 20_000
_MOST_LINES = 300


def maths_plugin(parser: MarkdownIt) -> None:
    """Add the maths to a parser. A block may hold what would begin a list or a heading elsewhere."""
    parser.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "math_inline", _inline)


def own_lines(text: str) -> str:
    """The text with each displayed formula that opens at the end of a line opened on the next: as many lines.

    What follows may look like a list or a heading, such as a minus sign.
    """
    if "$$\n" not in text:
        return text
    lines = text.split("\n")
    fence, inside = "", False
    for number, line in enumerate(lines):
        bare = line.strip()
        if fence or (not inside and bare.startswith(("```", "~~~"))):
            fence = "" if fence and bare == fence else fence or bare[:3]
            continue
        if not bare:
            inside = False
        if line.count("$$") % 2 == 0:
            continue
        inside = not inside
        if inside and bare.endswith("$$") and bare != "$$" and number + 1 < len(lines) and lines[number + 1].strip():
            lines[number] = line.rstrip()[:-2]
            lines[number + 1] = f"$$ {lines[number + 1].lstrip()}"
            inside = False  # it is opened again by the next line
    return "\n".join(lines)


def _block(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    start, stop = state.bMarks[begin] + state.tShift[begin], state.eMarks[begin]
    line = state.src[start:stop].rstrip()
    opening = next((mark for mark in ("$$", "\\\\[", "\\[") if line.startswith(mark)), "")
    if opening:
        closing = {"$$": "$$", "\\[": "\\]", "\\\\[": "\\\\]"}[opening]
    elif found := _ENVIRONMENT.match(line):
        opening, closing = "", f"\\end{{{found[1]}}}"
    else:
        return False
    content: list[str] = []
    rest = line[len(opening) :]
    size = 0
    for number in range(begin, min(end, begin + _MOST_LINES)):
        if number > begin:
            if state.sCount[number] < state.blkIndent and not state.isEmpty(number):
                return False
            rest = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()
        at = rest.find(closing)
        if at >= 0:
            if rest[at + len(closing) :].strip(" .,;"):
                return False  # words follow: a formula of a line of words
            content.append(rest[: at + (0 if opening else len(closing))])
            break
        content.append(rest)
        size += len(rest)
        if size > _LONGEST:
            return False
    else:
        return False
    tex = "\n".join(content).strip()
    if not tex or (opening == "\\[" and not re.search(r"[\\=^_]", tex)):
        return False  # brackets that a program has escaped
    if silent:
        return True
    token = state.push("math_block", "", 0)
    token.content = tex
    token.map = [begin, number + 1]
    state.line = number + 1
    return True


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    environment = _ENVIRONMENT.match(state.src, state.pos)
    if environment:
        closing = f"\\end{{{environment[1]}}}"
        at = state.src.find(closing, state.pos, state.pos + _LONGEST)
        if at < 0:
            return False
        end, tex, display = at + len(closing), state.src[state.pos : at + len(closing)], True
    elif formula := maths.formula_at(state.src, state.pos):
        end, tex, display = formula
        if _is_escaped(state.src, state.pos, tex):
            return False
    else:
        return False
    if end > state.posMax:
        return False
    if not silent:
        token = state.push("math_display" if display else "math_inline", "", 0)
        token.content = tex
    state.pos = end
    return True


def _is_escaped(text: str, start: int, tex: str) -> bool:
    r"""Whether `\(` is a bracket of the text, as programs that write Markdown escape it: `\(a\) The mean is`."""
    if not text.startswith("\\(", start):
        return False
    begins = text[max(0, text.rfind("\n", 0, start) + 1) : start].isspace() or text[start - 1 : start] in ("", "\n")
    return _WORDS.fullmatch(tex) is not None or (begins and _LABEL.fullmatch(tex) is not None)
