"""reStructuredText by docutils, which puts in no files and no raw markup; it becomes HTML and is read as such."""

import re
from html import escape

from docutils import nodes
from docutils.core import publish_doctree

from grader.core.document import Block
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import html
from grader.documents.format import Beside
from grader.documents.labels import number_as
from grader.documents.text import decode

_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 2,  # messages hold what could not be read: it is shown
    "halt_level": 5,
    "warning_stream": False,
    "_disable_config": True,
    "syntax_highlight": "none",
    "line_length_limit": 100_000,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "smart_quotes": False,
}
_TAGS = {
    "paragraph": "p", "bullet_list": "ul", "block_quote": "blockquote", "table": "table", "row": "tr", "entry": "td",
    "emphasis": "em", "strong": "strong", "literal": "code", "subscript": "sub", "superscript": "sup",
    "definition_list": "div",
    "definition": "div", "term": "dt", "line": "p", "caption": "p", "topic": "div", "sidebar": "div", "field": "div",
    "field_name": "dt", "field_body": "div", "rubric": "dt", "attribution": "p", "title_reference": "em",
    "legend": "div",
    "footnote": "div", "admonition": "div", "note": "div", "important": "div", "hint": "div", "warning": "div",
}  # fmt: skip
_FORMS = {"arabic": "1", "loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}
_STRUCK = re.compile(r"\[STRIKEOUT:([^\]\n]{0,500})\]")  # as pandoc writes it
_LONGEST_WORD = 5000  # docutils takes the square of a word's length
_LONG_WORD = re.compile(rf"\S{{{_LONGEST_WORD}}}")
_LINE_OF_MARKS = re.compile(r"^([^\w\s])\1{200,}\s*$", re.MULTILINE)


def blocks_of(text: str, source: Source) -> tuple[Block, ...]:
    """The blocks of a text. Raises SubmissionError where it is nested deeper, or its words longer, than a person's."""
    text = _LINE_OF_MARKS.sub("", text)
    if _LONG_WORD.search(text):
        raise SubmissionError(f"holds a word of more than {_LONGEST_WORD:,} characters", where=source.file)
    try:
        tree = publish_doctree(text, settings_overrides=dict(_SETTINGS))
        page = "".join(_page(tree))
    except RecursionError:
        raise SubmissionError("is nested too deeply", where=source.file) from None
    return html.blocks_of(page, source, written_by_us=True)


def _page(tree: nodes.document) -> list[str]:
    """Nodes become elements, without recursion."""
    parts: list[str] = []
    todo: list[tuple[nodes.Node, int] | str] = [(tree, 0)]
    while todo:
        entry = todo.pop()
        if isinstance(entry, str):
            parts.append(entry)
            continue
        node, level = entry
        before, inside, after = _written(node, level)
        parts.append(before)
        if inside:
            todo.append(after)
            todo += [(child, level + isinstance(node, nodes.section)) for child in reversed(node.children)]
    return parts


def _written(node: nodes.Node, level: int) -> tuple[str, bool, str]:
    """What stands before a node's content, whether its children follow, and what stands behind them."""
    line = f' {html.LINE}="{node.line}"' if node.line else ""
    if isinstance(node, nodes.Text):
        return _STRUCK.sub(r"<del>\1</del>", escape(node.astext())), False, ""
    if isinstance(node, nodes.comment):
        return f'<p{line} style="display:none">{escape(node.astext())}</p>', False, ""
    if isinstance(node, nodes.math | nodes.math_block):
        mode = "; mode=display" if isinstance(node, nodes.math_block) else ""
        return f'<script type="math/tex{mode}">{node.astext().replace("</", "< /")}</script>', False, ""
    if isinstance(node, nodes.title):
        return f"<h{min(6, max(1, level))}{line}>", True, f"</h{min(6, max(1, level))}>"
    if isinstance(node, nodes.system_message):
        kept = [child.astext() for child in node.children if isinstance(child, nodes.literal_block)]
        return "".join(f"<pre{line}>{escape(text)}</pre>" for text in kept), False, ""
    if isinstance(node, nodes.literal_block | nodes.doctest_block):
        return f"<pre{line}>{escape(node.astext())}</pre>", False, ""
    if isinstance(node, nodes.image):
        return f'<img{line} alt="{escape(node.get("alt", ""))}">', False, ""
    if isinstance(node, nodes.raw | nodes.substitution_definition | nodes.target):
        return "", False, ""
    if isinstance(node, nodes.enumerated_list):
        for place, item in enumerate(node.children):
            item["place"] = place  # type: ignore[index,unused-ignore]
        return "<ol>", True, "</ol>"
    if isinstance(node, nodes.list_item):
        mark = f' {html.MARK}="{escape(_mark(node))}"'
        return f"<li{line}{mark}>", True, "</li>"
    if isinstance(node, nodes.reference):
        return f'<a href="{escape(node.get("refuri", "#"))}">', True, "</a>"
    tag = _TAGS.get(node.tagname, "")
    return (f"<{tag}{line}>", True, f"</{tag}>") if tag else ("", True, "")


def _mark(item: nodes.Node) -> str:
    listed = item.parent
    if not isinstance(listed, nodes.enumerated_list):
        return ""
    number = int(listed.get("start", 1)) + item["place"]
    return f"{listed.get('prefix', '')}{number_as(number, _FORMS[listed['enumtype']])}{listed.get('suffix', '.')}"


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:  # noqa: ARG001
    """The blocks of a file of reStructuredText."""
    return blocks_of(decode(raw, file), Source(file=file, line=1))
