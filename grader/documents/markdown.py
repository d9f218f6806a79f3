"""Markdown, as Jupyter, GitHub and pandoc show it together, and plain text: it becomes HTML and is read as such."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, fence, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from grader.core.document import Block, Cell
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import html, latex, maths
from grader.documents.format import Beside
from grader.documents.labels import label_at
from grader.documents.markdown_latex import latex_plugin
from grader.documents.markdown_maths import maths_plugin, own_lines
from grader.documents.text import decode

_GAP = re.compile(r"(?:\t|  )[ \t]*")
_DEEPEST = 60
_LONGEST_PARAGRAPH = 30_000
_MOST_NESTED = re.compile(rf"^(?:[ \t]{{0,20}}>){{{_DEEPEST}}}", re.MULTILINE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})(?=[\s/>])[^<>]*>?")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]{0,9}\S", re.MULTILINE)
_NO_LABEL = re.compile(r"\d{3,9}[.)]")
_MARKUP = re.compile(r"<[^<>]*>")
_KNOWN = {
    "a", "abbr", "address", "article", "aside", "b", "big", "blockquote", "body", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl", "dt", "em", "fieldset",
    "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr",
    "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "link", "main", "map", "mark",
    "math", "menu", "meta", "nav", "noscript", "ol", "optgroup", "option", "p", "picture", "pre", "q", "s", "samp",
    "script", "section", "select", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup",
    "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "tt", "u",
    "ul", "var", "video", "audio", "button", "mi", "mn", "mo", "mrow", "msup", "msub", "mfrac", "mtable", "mtr",
    "mtd", "msqrt", "mover", "munder", "semantics", "annotation", "path", "g",
}  # fmt: skip
# What stands before or behind a factor: a figure, a bracket, a variable of one letter.
_FACTOR_BEFORE = re.compile(r"(?:[\d)\]]|(?<![A-Za-z])[A-Za-z])\Z")
_FACTOR_BEHIND = re.compile(r"[\d(\[=+−×/^-]|[A-Za-z](?![A-Za-z])")
_ARITHMETIC = re.compile(r"[\d\s()\[\].,+*/=^×−-]*(?:(?<![A-Za-z])[A-Za-z](?![A-Za-z])[\d\s()\[\].,+*/=^×−_-]*)*")


def blocks_of(text: str, source: Source) -> tuple[Block, ...]:
    """The blocks of a text in Markdown. Raises SubmissionError where it is nested deeper than a person would."""
    if _MOST_NESTED.search(text):
        raise SubmissionError("is nested too deeply", where=source.file)
    parser = _parser()
    definitions: dict[str, dict[str, dict[str, str]]] = {}
    tokens = parser.parse(own_lines(text), definitions)
    if any(token.level >= _DEEPEST - 1 for token in tokens):  # below, the parser drops what it finds
        raise SubmissionError("is nested too deeply", where=source.file)
    page = _Page(source.line or 1).page(tokens)
    said = [f"{name}: {link['href']} {link['title']}" for name, link in definitions.get("references", {}).items()]
    page += "".join(f'<p style="display:none">{escape(words)}</p>' for words in said)  # where comments are hidden, too
    return html.blocks_of(page, source, written_by_us=True)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    parser.disable(["code"])  # students indent their answers
    parser.use(front_matter_plugin)
    parser.use(maths_plugin)
    parser.use(latex_plugin)
    parser.block.ruler.before(
        "heading", "tight_heading", _tight_heading, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.block.ruler.at("fence", _fence, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.core.ruler.before("inline", "long_paragraph", _long_paragraph)
    return parser


def _tight_heading(state: StateBlock, begin: int, end: int, silent: bool) -> bool:  # noqa: ARG001
    """A heading without the space behind its signs."""
    line = state.src[state.bMarks[begin] + state.tShift[begin] : state.eMarks[begin]]
    found = re.match(r"(#{1,6})(?=[A-Za-z0-9(*\\])", line)
    if not found or len(line) > 300:
        return False
    if not silent:
        for kind, nesting in (("heading_open", 1), ("inline", 0), ("heading_close", -1)):
            token = state.push(kind, "" if kind == "inline" else f"h{found.end()}", nesting)  # type: ignore[arg-type]
            token.map, token.markup = [begin, begin + 1], found[1]
            if kind == "inline":
                token.content, token.children = line[found.end() :].strip(), []
        state.line = begin + 1
    return True


def _fence(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """Code between fences. One that is never closed would hide the headings below: its marks are words then."""
    start = state.bMarks[begin] + state.tShift[begin]
    mark = state.src[start : start + 3]
    if mark in state.env.get("never closed", ()) or not fence(state, begin, end, silent):
        return False
    if state.level or silent:
        return True
    last = state.src[state.bMarks[state.line - 1] : state.eMarks[state.line - 1]].strip()
    closed = state.line < end or (state.line - begin > 1 and last.startswith(mark) and not last.strip(mark[0]))
    if closed or not _HEADING.search(state.tokens[-1].content):
        return True
    state.tokens.pop()
    state.line = begin
    state.env.setdefault("never closed", set()).add(mark)
    return False


def _list(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """A list; `608.` is an answer, for nobody has so many items."""
    if _NO_LABEL.match(state.src, state.bMarks[begin] + state.tShift[begin], state.eMarks[begin]):
        return False
    return list_block(state, begin, end, silent)


def _long_paragraph(state: StateCore) -> None:
    """What a paragraph means takes longer than its length: one that no person writes isn't read."""
    if any(token.type == "inline" and len(token.content) > _LONGEST_PARAGRAPH for token in state.tokens):
        raise SubmissionError(f"holds a paragraph of more than {_LONGEST_PARAGRAPH:,} characters")


class _Page:
    """Tokens become a page whose blocks know their lines and labels."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.tight: list[bool] = []
        self.lists: list[list[str]] = []
        self.parts: list[str] = []

    def page(self, tokens: list[Token]) -> str:
        labels = _labels(tokens)
        for index, token in enumerate(tokens):
            kind = token.type
            # The code behind a fence begins in the next line.
            line = f' {html.LINE}="{token.map[0] + self.first + (kind == "fence")}"' if token.map else ""
            if kind == "inline":
                heading = tokens[index - 1].type == "heading_open" and not _is_no_heading(tokens, index - 1)
                self._inline(token, paragraph=tokens[index - 1].type == "paragraph_open", heading=heading)
            elif kind == "fence" and token.map:  # its words begin below its mark
                line = f' {html.LINE}="{token.map[0] + self.first + 1}"'
                self.parts.append(f"<pre{line}>{escape(token.content)}</pre>")
            elif kind == "html_block":
                self.parts.append(f"<span{line}></span>{_checked(token.content)}")
            elif kind == "front_matter":
                self._front_matter(token.content)
            elif kind == "math_block":
                self.parts.append(f"<div{line}>{_formula(token.content, display=True)}</div>")
            elif kind == "latex_table":
                self._table(token.content, line)
            elif kind == "list_item_open":
                self.parts.append(f'<li{line} {html.MARK}="{escape(labels.get(index, ""))}">')
            elif kind in ("heading_open", "heading_close") and _is_no_heading(tokens, index):
                self.parts.append(f"<p{line}>" if token.nesting > 0 else "</p>")
            elif token.nesting > 0:
                self.parts.append(f"<{token.tag}{line}>")
            elif token.nesting < 0:
                self.parts.append(f"</{token.tag}>\n")
        return "".join(self.parts)

    def _front_matter(self, content: str) -> None:
        """A title is shown as a heading; what else stands there is for machines."""
        title = re.search(r"^title:[ \t]*(.{1,300})$", content, re.MULTILINE)
        if title:
            words = title[1].strip().strip("\"'")
            self.parts.append(f'<p {html.LINE}="{self.first}"><b>{escape(words)}</b></p>')
        self.parts.append(f'<p {html.LINE}="{self.first}" style="display:none">{escape(content)}</p>')

    def _table(self, content: str, line: str) -> None:
        """A table of LaTeX, with the words around it."""
        for block in latex.blocks_of(content, Source(file="")):
            rows = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
            self.parts.append(f"<table{line}>{rows}</table>" if rows else f"<p{line}>{_cell(block.runs)}</p>")

    def _inline(self, token: Token, *, paragraph: bool, heading: bool) -> None:
        children = _without_factors(token.children or [])
        line = (token.map[0] if token.map else 0) + self.first
        at_start, labelled = paragraph, False
        for index, child in enumerate(children):
            if at_start and child.type == "text" and (label := label_at(_line_from(children, index))):
                mark, end = label
                if end <= len(child.content) or len(children) > index + 1:
                    self.parts.append("</p><ul>" if not labelled else "</li>")
                    self.parts.append(f'<li {html.LINE}="{line}" {html.MARK}="{escape(mark)}">')
                    labelled = True
                    child = child.copy(content=child.content[end:])
            at_start = False
            self.parts.append(_written(child, heading=heading))
            if child.type in ("softbreak", "hardbreak"):
                line += 1
                at_start = paragraph
            else:
                line += child.content.count("\n")
        if labelled:
            self.parts.append("</li></ul><p>")


def _line_from(children: list[Token], index: int) -> str:
    """The beginning of a line, as far as a label needs: words, then anything."""
    words = children[index].content
    following = children[index + 1] if index + 1 < len(children) else None
    return words[:60] + ("x" if following and "break" not in following.type else "")


def _written(token: Token, *, heading: bool) -> str:
    """One part of a line, as HTML."""
    kind = token.type
    if kind == "text":  # columns that are aligned by hand stay so
        return _GAP.sub(r'<span style="white-space:pre">\g<0></span>', escape(token.content))
    if kind in ("softbreak", "hardbreak"):
        return " " if heading else "<br>"
    if kind == "code_inline":
        return f"<code>{escape(token.content)}</code>"
    if kind in ("math_inline", "math_display"):
        return _formula(token.content, display=kind == "math_display")
    if kind == "image":
        return f'<img alt="{escape(token.content)}" src="{escape(str(token.attrs.get("src", ""))[:500])}">'
    if kind == "html_inline":
        return _checked(token.content)
    if token.nesting > 0:
        href = f' href="{escape(str(token.attrs["href"]))}"' if "href" in token.attrs else ""
        return f"<{token.tag}{href}>"
    return f"</{token.tag}>" if token.nesting < 0 else escape(token.content)


def _cell(runs: Cell) -> str:
    """Words that another reader has read, as HTML."""
    parts = []
    for run in runs:
        shown = _formula(run.text, display=False) if run.formula else escape(run.text).replace("\n", "<br>")
        if run.hidden:
            shown = f'<span style="display:none">{escape(run.text)}</span>'
        styles = {"b": run.bold, "i": run.italic, "del": run.struck, "code": run.code}
        for tag in (tag for tag, has in styles.items() if has):
            shown = f"<{tag}>{shown}</{tag}>"
        parts.append(shown)
    return "".join(parts)


def _formula(tex: str, *, display: bool) -> str:
    mode = "; mode=display" if display else ""
    written = []
    for part in maths.parts(tex):
        script = f'<script type="math/tex{mode}">{part.tex.replace("</", "< /").replace("<!--", "< !--")}</script>'
        hidden = f'<span style="display:none">{escape(part.tex)}</span>' if part.hidden else script
        written.append(f"<del>{script}</del>" if part.struck else hidden)
    return " ".join(written)


def _checked(markup: str) -> str:
    """Markup of the author's own: what is no tag of HTML is words, and what stands between dollars a formula."""
    if markup.lstrip().startswith("<!--"):
        return markup if "-->" in markup else f"{markup}-->"
    markup = _TAG.sub(lambda tag: tag[0] if _is_tag(tag) else escape(tag[0]), markup)
    if "$" not in markup and "\\" not in markup or "<script" in markup or "<pre" in markup or "<code" in markup:
        return markup
    parts, at = [], 0
    for tag in [*_MARKUP.finditer(markup), None]:
        for words, formula in maths.pieces(markup[at : tag.start() if tag else None]):
            parts += [words, _formula(formula.tex, display=formula.display) if formula else ""]
        if tag:
            parts.append(tag[0])
            at = tag.end()
    return "".join(parts)


def _is_tag(tag: re.Match[str]) -> bool:
    """Whether it is a tag of HTML, not the words of "if a <b and c> d"."""
    compared = len(tag[2]) == 1 and not tag[1] and tag[0][2:].strip(" />\n") and "=" not in tag[0]
    return tag[2].lower() in _KNOWN and not compared


def _is_no_heading(tokens: list[Token], index: int) -> bool:
    """Whether these are several lines above a rule: a paragraph that nobody meant as a heading."""
    opening = index if tokens[index].nesting > 0 else index - 2
    return tokens[index].markup in ("-", "=") and "\n" in tokens[opening + 1].content


def _labels(tokens: list[Token]) -> dict[int, str]:
    """The labels of lists' items by their token: as written, counted up where all are written alike."""
    labels: dict[int, str] = {}
    open_lists: list[list[int]] = []
    for index, token in enumerate(tokens):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            open_lists.append([])
        elif token.type == "list_item_open":
            open_lists[-1].append(index)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            items = open_lists.pop()
            numbers = [tokens[item].info for item in items]
            alike = len(numbers) > 1 and len(set(numbers)) == 1
            for place, item in enumerate(items):
                number = tokens[item].info
                if number:
                    shown = str(int(number) + place) if alike else number
                    labels[item] = shown + tokens[item].markup
    return labels


def _without_factors(children: Sequence[Token]) -> list[Token]:
    """The parts of a line, with the stars of `8 *5* 3` as the multiplication that they are."""
    if not any(token.type in ("em_open", "strong_open") and token.markup[:1] == "*" for token in children):
        return list(children)
    tokens = list(children)
    opened: list[int] = []
    starts = _places(tokens)
    text = starts[-1][1]
    for index, token in enumerate(tokens):
        if token.type in ("em_open", "strong_open"):
            opened.append(index)
        elif token.type in ("em_close", "strong_close") and opened:
            begin = opened.pop()
            before, inside, behind = (
                text[max(0, starts[begin][0] - 40) : starts[begin][0]],
                text[starts[begin][0] : starts[index][0]][:200],
                text[starts[index][0] : starts[index][0] + 40],
            )
            tight = token.markup != "**" or not (before[-1:].isspace() or behind[:1].isspace())
            if token.markup[:1] == "*" and tight and _multiplies(before, inside, behind):
                for place in (begin, index):
                    tokens[place] = Token("text", "", 0, content=token.markup)
    return tokens


def _places(tokens: list[Token]) -> list[tuple[int, str]]:
    """Where each token begins in the words of the line; the last entry holds the words."""
    at, words, places = 0, [], []
    for token in tokens:
        places.append((at, ""))
        content = "\n" if "break" in token.type else token.content if token.nesting == 0 else ""
        words.append(content)
        at += len(content)
    return [*places, (at, "".join(words))]


def _multiplies(before: str, inside: str, behind: str) -> bool:
    tight = before[-1:].isalnum() and behind[:1].isalnum()  # stars within a word, or between factors
    if tight or (before[-1:] in ")]" and before and behind[:1].isalnum()):
        return True
    if before.rstrip(" ") != before and before.rstrip(" ")[-1:].isalpha() and len(inside) > 1 and not behind.strip():
        return False
    return bool(
        _FACTOR_BEFORE.search(before.rstrip(" "))
        and _FACTOR_BEHIND.match(behind.lstrip(" "))
        and _ARITHMETIC.fullmatch(inside)
        and inside.strip()
    )


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:
    """The blocks of a file of Markdown, or of plain text, which may be LaTeX under another name."""
    text = decode(raw, file)
    if latex.is_latex(text):
        return latex.blocks_of(text, Source(file=file), beside)
    return blocks_of(text, Source(file=file, line=1))
