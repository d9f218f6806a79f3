"""The same answer in another format: Markdown becomes LaTeX, HTML or plain text."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

Format = Literal["markdown", "latex", "html", "plain"]
ENDINGS: dict[Format, str] = {"markdown": ".md", "latex": ".tex", "html": ".html", "plain": ".txt"}

_COMMENT = re.compile(r"<!--(.*?)-->\s*", re.DOTALL)
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "%&#_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"})
_LATEX = {
    "strong_open": r"\textbf{",
    "em_open": r"\emph{",
    "s_open": r"\sout{",
    "strong_close": "}",
    "em_close": "}",
    "s_close": "}",
    "paragraph_close": "\n\n",
    "bullet_list_open": "\\begin{itemize}\n",
    "bullet_list_close": "\\end{itemize}\n\n",
    "list_item_open": r"\item ",
    "blockquote_open": "\\begin{quote}\n",
    "blockquote_close": "\\end{quote}\n\n",
    "table_close": "\\end{tabular}\n\n",
    "softbreak": "\n",
    "hardbreak": "\\\\\n",
}
_PLAIN = {
    "paragraph_close": "\n\n",
    "list_item_open": "- ",
    "bullet_list_close": "\n",
    "softbreak": "\n",
    "hardbreak": "\n",
    "blockquote_open": "> ",
}
# What plain text can't say: what is struck out, hidden or a picture, a table, a formula beyond a keyboard's signs.
_NOT_PLAIN = {"s_open", "html_inline", "html_block", "table_open", "image"}


def heading(text: str, format: Format) -> str:
    """A heading of the first level."""
    frames = {"markdown": "# {}", "latex": r"\section*{{{}}}", "html": "<h1>{}</h1>", "plain": "{}"}
    return frames[format].format(text)


def rendered(markdown: str, format: Format) -> str | None:
    """The answer in this format; None where the format can't say it."""
    if format == "html":
        return str(_reader().render(markdown)).strip()
    tokens = [t for b in _reader().parse(markdown) for t in (b.children or [] if b.type == "inline" else [b])]
    if format == "plain" and any(_unsayable(token) for token in tokens):
        return None
    write = _latex if format == "latex" else _plain
    return "".join(write(token, tokens, place) for place, token in enumerate(tokens)).strip()


@cache
def _reader() -> MarkdownIt:
    """Reads Markdown as a page shows it: with tables, what is struck out, and formulas as MathJax finds them."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(dollarmath_plugin)
    reader.add_render_rule("math_inline", lambda _, ts, i, *__: rf"\({escape(ts[i].content)}\)")
    reader.add_render_rule("math_block", lambda _, ts, i, *__: f"<p>\\[{escape(ts[i].content)}\\]</p>\n")
    return reader


def _unsayable(token: Token) -> bool:
    return token.type in _NOT_PLAIN or (token.type.startswith("math") and "\\" in token.content)


def _plain(token: Token, tokens: Sequence[Token], place: int) -> str:
    if token.type == "paragraph_close" and token.hidden:
        return "\n"
    return _PLAIN.get(token.type, "" if token.type.endswith(("_open", "_close")) else token.content)


def _latex(token: Token, tokens: Sequence[Token], place: int) -> str:
    if token.type in ("math_inline", "math_block"):
        return f"${token.content}$" if token.type == "math_inline" else f"\\[{token.content}\\]\n\n"
    if token.type in ("fence", "code_block"):
        return f"\\begin{{verbatim}}\n{token.content}\\end{{verbatim}}\n\n"
    if token.type == "code_inline":
        return rf"\texttt{{{token.content.translate(_SPECIAL)}}}"
    if token.type in ("html_block", "html_inline"):
        return _COMMENT.sub(lambda m: "".join(f"% {line}\n" for line in m[1].strip().split("\n")), token.content)
    if token.type == "list_item_open" and any(t.content.startswith("[") for t in tokens[place + 1 : place + 3]):
        return r"\item{} "  # else what stands in brackets would be its label
    if token.type == "image":
        return rf"\includegraphics{{{token.attrs['src']}}}"
    if token.type == "table_open":
        columns = sum(t.type == "th_open" for t in tokens[place:])
        return f"\\begin{{tabular}}{{{'l' * columns}}}\n"
    if token.type in ("td_close", "th_close"):
        return " & " if tokens[place + 1].type != "tr_close" else " \\\\\n"
    if token.type == "paragraph_close" and token.hidden:
        return "\n"
    return _LATEX.get(token.type, token.content.translate(_SPECIAL) if token.type == "text" else "")
