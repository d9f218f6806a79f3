"""Python code in colours: keywords, words in quotes, comments and numbers, each told by more than its colour."""

from functools import cache
from typing import Any

from markupsafe import Markup, escape

from grader.report._text import plain

_MOST = 20_000  # characters; what is longer stays as it is


def coloured(code: str) -> Markup:
    """The code with a class at what is no name: `k` a keyword, `s` a string, `c` a comment, `n` a number."""
    code = plain(code, 40_000)
    if len(code) > _MOST:
        return escape(code)
    lexer, kinds = _lexer()
    made: list[Markup] = []
    for token, text in lexer.get_tokens(code):
        kind = next((kind for of, kind in kinds if token in of), "")
        made.append(Markup('<span class="{}">{}</span>').format(kind, text) if kind else escape(text))
    return Markup("").join(made)


@cache
def _lexer() -> tuple[Any, tuple[tuple[Any, str], ...]]:
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Number, Operator, String

    kinds = ((Keyword, "k"), (Operator.Word, "k"), (String, "s"), (Comment, "c"), (Number, "n"))
    return PythonLexer(stripnl=False, ensurenl=False), kinds
