"""Words with formulas for a page: what students and rubrics say as it was written, comments as Markdown made safe."""

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from grader.documents.markdown_maths import maths_plugin
from grader.documents.maths import pieces
from grader.report._maths import mathml
from grader.report._text import plain

_MOST_FORMULAS = 200
_DEEPEST = 60
_WEB = ("http://", "https://", "mailto:")


def prose(text: str, limit: int = 4000) -> Markup:
    """The text as it was written, but for its formulas, which look like formulas. Nothing else in it is markup.

    It is cut at `limit` characters.
    """
    text = plain(text, limit)
    made: list[Markup] = []
    at = 0
    for number, (words, formula) in enumerate(pieces(text)):
        made.append(escape(words))
        if formula:
            drawn = mathml(formula.tex, display=formula.display) if number < _MOST_FORMULAS else None
            made.append(drawn or escape(text[at + len(words) : formula.end]))
            at = formula.end
    return Markup("").join(made)


def markdown(text: str) -> Markup:
    """A comment in Markdown: no HTML, no pictures, links to the web alone."""
    text = plain(text)
    tokens = _parser().parse(text)
    if any(token.level >= _DEEPEST for token in tokens):
        return escape(text)
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S704  # the parser escapes all text


@cache
def _parser() -> MarkdownIt:
    parser = (
        MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
    )
    parser.use(maths_plugin)
    parser.validateLink = lambda url: url.lower().startswith(_WEB)  # type: ignore[method-assign]  # its way to say it
    for name in ("math_inline", "math_display", "math_block"):
        parser.add_render_rule(name, _formula)
    parser.add_render_rule("heading_open", _bold)
    parser.add_render_rule("heading_close", _bold)
    return parser


def _formula(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, ___: EnvType) -> str:
    token = tokens[at]
    display = token.type != "math_inline"
    drawn = mathml(token.content, display=display) or Markup("<code>{}</code>").format(token.content)
    return f"<p>{drawn}</p>" if token.type == "math_block" else str(drawn)


def _bold(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, ___: EnvType) -> str:
    """A heading within a comment stands in no outline of the page."""
    return "<p><b>" if tokens[at].nesting > 0 else "</b></p>"
