"""HTML, as a browser shows it: pages, exports of notebooks and of R Markdown, and what Markdown becomes."""

import importlib
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import lxml.html

from grader.core.document import Block, BlockKind, Cell
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import html_style, maths
from grader.documents.format import Beside
from grader.documents.labels import number_as
from grader.documents.text import decode
from grader.documents.words import PLAIN, Style, Words
from grader.documents.writer import Writer

Element = Any  # of lxml, which ships no types

LINE, MARK = "grader-line", "grader-mark"  # attributes that other formats write: a block's line, an item's label
DEEPEST = 1000
_MOST_ROWS, _MOST_COLUMNS = 5000, 200

_BLOCKS = {
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li", "main", "menu",
    "nav", "ol", "p", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "pre",
    "blockquote", "iframe",
}  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DROPPED = {"style", "head", "title", "meta", "link", "base", "object", "embed", "audio", "video", "canvas", "datalist"}
_PROMPTS = {"jp-InputPrompt", "jp-OutputPrompt", "input_prompt", "output_prompt", "anchor-link", "linenos", "lineno"}
_DRAWN = {"MathJax", "MathJax_Display", "MathJax_SVG", "MathJax_SVG_Display", "MathJax_CHTML", "MathJax_Preview"}
_CONTENTS = {"TOC", "toc", "table-of-contents"}
_CHARSET = re.compile(
    rb"<(?:meta[^>]{0,200}?charset\s*=|\?xml[^>]{0,100}?encoding\s*=)\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE
)


@dataclass
class _Place:
    """Where the reader stands: what an element changes, until it ends."""

    style: Style = PLAIN
    kind: BlockKind = "paragraph"
    level: int = 0
    line: int | None = None
    quoted: bool = False
    verbatim: bool = False
    white: bool = True  # the ground that words stand on
    depth: int = 0  # of lists
    list: "_List | None" = None
    item: "_Item | None" = None
    cell: bool = False
    table: "_Table | None" = None


@dataclass
class _List:
    number: int = 1
    form: str = ""


@dataclass
class _Item:
    mark: str
    level: int
    line: int | None
    written: bool = False


@dataclass
class _Table:
    line: int | None
    rows: list[list[Cell]] = field(default_factory=list)
    spans: dict[tuple[int, int], bool] = field(default_factory=dict)  # places that a cell from above takes
    behind: list[tuple[BlockKind, str]] = field(default_factory=list)  # pictures in cells
    outside: Words | None = None


def blocks_of(text: str, source: Source, *, written_by_us: bool = False) -> tuple[Block, ...]:
    """The blocks of a page. `written_by_us` is what another format has become: its formulas are marked already."""
    text = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text)
    if not text.strip():
        return ()
    parser = lxml.html.HTMLParser(encoding="utf-8", recover=True, no_network=True, huge_tree=True)
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError) as error:
        raise SubmissionError(f"can't be read as HTML: {error}", where=source.file) from None
    if any("depth" in str(entry.message).lower() for entry in parser.error_log):
        raise SubmissionError("is nested too deeply", where=source.file)
    return _Reader(source, root, written_by_us).read()


class _Reader:
    def __init__(self, source: Source, root: Element, written_by_us: bool) -> None:
        self.out = Writer(source)
        self.root = root
        self.ours = written_by_us
        self.here = _Place()
        self.line: int | None = None  # the last that another format has written
        self.started: int | None = None  # the line that the open words began in, where no block tells its own
        self.section = ""  # the printed number of a heading
        self.rules = {}
        for sheet in root.iter("style"):
            self.rules.update(html_style.rules_of(sheet.text or ""))

    def read(self) -> tuple[Block, ...]:
        """Walk through the page without recursion, for it may be as deep as its writer likes."""
        places: list[tuple[Element, Iterator[Element], _Place]] = []
        before = self.here
        self._begin(self.root)
        places.append((self.root, iter(self.root), before))
        self._text(self.root.text)
        while places:
            element, children, before = places[-1]
            child = next(children, None)
            if child is None:
                places.pop()
                self._finish(element)
                self.here = before
                self._text(element.tail if places else None)
                continue
            if len(places) > DEEPEST:
                raise SubmissionError("is nested too deeply", where=self.out.source.file)
            before = self.here
            if self._begin(child):
                places.append((child, iter(child), before))
                self._text(child.text)
            else:
                self.here = before
                self._text(child.tail)
        self._end_block()
        return tuple(self.out.blocks)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        here = self.here
        if here.table and not here.cell:
            if text.strip():
                here.table.outside = here.table.outside or Words()
                here.table.outside.flow(text, here.style)
            return
        if self.ours or here.verbatim or here.style.code or not ("$" in text or "\\" in text):
            self._words(text)
            return
        for words, formula in maths.pieces(text):
            self._words(words)
            if formula:
                self._formula(formula.tex, display=formula.display)

    def _words(self, text: str) -> None:
        if not self.out.words:
            self.started = self.line
        if self.here.verbatim:
            self.out.words.add(text, self.here.style)
        else:
            self.out.words.flow(text, self.here.style)

    def _begin(self, element: Element) -> bool:
        """Enter an element. False where nothing in it is to be read any more."""
        if not isinstance(element.tag, str):
            if element.tag is lxml.etree.Comment and (element.text or "").strip():
                self._hide(element.text, "a comment")
            return False
        tag = element.tag.rpartition(":")[2].lower()
        attributes = element.attrib
        classes = set(attributes.get("class", "").split()[:50])
        here = self.here = copy(self.here)
        if (line := attributes.get(LINE, "")).isdigit() and self.ours:
            here.line = self.line = int(line[:9])
        elif self.ours and (tag in _HEADINGS or tag in _BLOCKS):
            here.line = self.line
        elif not self.ours:
            here.line = element.sourceline
        if special := self._special(tag, element, classes):
            return special == "inside"
        bare = all(name in (LINE, MARK) for name in attributes.keys())  # noqa: SIM118
        here.style = html_style.styled(tag, {} if bare else attributes, here.style, self.rules)
        if not bare and html_style.keeps_spaces(attributes):
            here.verbatim = True
        if not bare and html_style.background(attributes):
            here.white = False
        if not here.white and here.style.hidden == "white text":
            here.style = here.style._replace(hidden="")
        if tag == "nav" or attributes.get("id") in _CONTENTS:
            here.style = here.style._replace(hidden=here.style.hidden or "a table of contents")
        if tag in _HEADINGS:
            self._end_block()
            here.kind, here.level = "heading", _HEADINGS[tag]
        elif tag in _BLOCKS or {"math", "display"} <= classes:
            self._end_block()
            self._begin_block(tag, element)
        return True

    def _special(self, tag: str, element: Element, classes: set[str]) -> str:
        """What is more than words in a style: "done", "inside" where its content is still to be read, or empty."""
        if tag == "br":
            self.out.words.line(self.here.style)
        elif tag == "script":
            if "math/tex" in element.get("type", ""):
                self._formula(element.text or "", display="mode=display" in element.get("type", "").replace(" ", ""))
        elif tag in ("template", "noscript"):
            self._hide("".join(element.itertext())[:100_000], "not displayed")
        elif tag in _DROPPED or classes & _PROMPTS:
            pass
        elif tag == "math":
            self._mathml(element)
        elif (
            "katex-html" in classes
            and (before := element.getprevious()) is not None
            and "katex-mathml" in before.get("class", "")
        ):
            pass
        elif classes & _DRAWN or tag == "mjx-container":
            return self._drawn(element)
        elif tag == "img":
            self._picture(element, classes)
        elif tag == "svg":
            self._svg(element)
        elif tag in ("sub", "sup"):
            return self._raised(tag, element)
        elif tag == "input" and element.get("type") == "checkbox":
            self._words("[x] " if "checked" in element.attrib else "[ ] ")
        elif classes & {"header-section-number", "section-number"} and self.here.kind == "heading":
            self.section = " ".join("".join(element.itertext()).split())[:40]
        else:
            return ""
        return "done"

    def _begin_block(self, tag: str, element: Element) -> None:
        here = self.here
        if tag == "blockquote":
            here.quoted = True
        elif tag == "pre":
            here.kind, here.verbatim, here.style = "code", True, here.style._replace(code=True)
        elif tag in ("ol", "ul", "menu", "dir"):
            here.depth += 1
            here.list = _list_of(tag, element)
        elif tag == "li":
            here.item = _Item(self._mark(element), max(1, here.depth), here.line)
        elif tag == "dt":
            here.style = here.style._replace(bold=True)
        elif tag == "table":
            if here.table is None and not _is_layout(element):
                here.table, here.cell = _Table(here.line), False
        elif here.table and tag == "tr" and not here.cell:
            if len(here.table.rows) >= _MOST_ROWS:  # it goes on as another table
                self.out.table(here.table.rows, here.table.line)
                here.table.rows, here.table.spans, here.table.line = [], {}, here.line
            here.table.rows.append([])
        elif here.table and tag in ("td", "th") and not here.cell:
            here.cell = True

    def _mark(self, element: Element) -> str:
        listed = self.here.list
        if MARK in element.attrib and self.ours:
            return str(element.get(MARK))
        if listed is None or not listed.form:
            return ""
        if re.fullmatch(r"-?\d{1,6}", element.get("value", "")):
            listed.number = int(element.get("value"))
        mark = f"{number_as(listed.number, listed.form)}."
        listed.number += 1
        return mark

    def _finish(self, element: Element) -> None:
        tag = element.tag.rpartition(":")[2].lower()
        here = self.here
        if tag in ("td", "th") and here.table and here.cell:
            self._end_cell(here.table, element)
        elif tag == "table" and here.table and not here.cell:
            self._end_table(here.table)
        elif tag in _BLOCKS or tag in _HEADINGS or {"math", "display"} <= set(element.get("class", "").split()[:50]):
            self._end_block()
            if tag == "li" and here.item and not here.item.written and here.item.mark:
                self._write_item(here.item)

    def _end_cell(self, table: _Table, element: Element) -> None:
        cell = self.out.words.take()
        if not table.rows or len(table.rows[-1]) >= _MOST_COLUMNS:  # a longer row goes on below
            table.rows.append([])
        row = len(table.rows) - 1
        cells = table.rows[row]
        while table.spans.pop((row, len(cells)), False):
            cells.append(())
        wide, high = (_span(element, name) for name in ("colspan", "rowspan"))
        place = len(cells)
        cells += [cell, *[()] * (wide - 1)][: max(0, _MOST_COLUMNS - place)]
        if len(table.spans) < 100_000:
            table.spans.update({(row + down, place + right): True for down in range(1, high) for right in range(wide)})

    def _end_table(self, table: _Table) -> None:
        if table.outside:
            self.out.words = table.outside
            self.out.end("paragraph", table.line)
        self.out.table(table.rows, table.line)
        for kind, words in table.behind:
            self.out.words.add(words, Style(hidden="the text of a picture") if kind == "figure" else PLAIN)
            self.out.end(kind, table.line, keep=True)

    def _end_block(self) -> None:
        here = self.here
        if here.cell:
            self.out.words.line(here.style)
            return
        if here.kind == "heading":
            self._open_item(mark=False)
            mark = here.item.mark if here.item and not here.item.written else self.section
            if self.out.end("heading", here.line, level=here.level, mark=mark):
                self.section = ""
                if here.item:
                    here.item.written = True
        elif here.kind == "code":
            self._open_item()
            self.out.end("code", here.line, strip=False)
        elif not self.out.words:
            self.out.words.take()
        elif here.item and not here.item.written:
            self._write_item(here.item)
        else:
            self.out.end("quotation" if here.quoted else "paragraph", here.line or self.started)

    def _open_item(self, *, mark: bool = True) -> None:
        """An item that begins with something that has a block of its own keeps its label."""
        item = self.here.item
        if mark and item and not item.written and item.mark and not self.here.cell:
            words, self.out.words = self.out.words, Words()
            self._write_item(item)
            self.out.words = words

    def _write_item(self, item: _Item) -> None:
        item.written = True
        if self.here.quoted:
            marked = Words()
            marked.add(f"{item.mark or '-'} ")
            runs = (*marked.take(strip=False), *self.out.words.take())
            self.out.blocks.append(Block(kind="quotation", runs=runs, source=self.out.at(item.line)))
        else:
            self.out.end("item", item.line, level=item.level, mark=item.mark, keep=bool(item.mark))

    def _formula(self, tex: str, *, display: bool) -> None:
        here = self.here
        if not tex.strip():
            return
        if not display or here.cell or here.kind == "heading":
            self.out.words.formula(tex, here.style)
        elif here.quoted:
            self._end_block()
            self.out.words.formula(tex, here.style)
            self.out.end("quotation", here.line)
        else:
            self._end_block()
            self._open_item()
            self.out.formula(tex, here.line or self.line, here.style)

    def _block(self, kind: BlockKind, words: str, style: Style) -> None:
        """A figure, or what can't be read, which ends the words before it."""
        if self.here.cell and self.here.table:
            self.here.table.behind.append((kind, words))
            return
        self._end_block()
        self._open_item()
        self.out.words.add(words, style)
        self.out.end(kind, self.here.line, keep=True)

    def _unread(self, what: str) -> None:
        self._block("unread", what, PLAIN)

    def _hide(self, text: str, why: str) -> None:
        if text.strip():
            if not self.out.words:
                self.started = self.line
            self.out.words.flow(text, Style(hidden=self.here.style.hidden or why))

    def _mathml(self, element: Element) -> None:
        tex = _tex_of(element)
        if tex:
            self._formula(tex, display=element.get("display") == "block")
        else:
            self._unread("a formula in MathML")

    def _drawn(self, element: Element) -> str:
        """What MathJax has made of a formula: its source stands behind it, or its MathML in it, or it is a picture."""
        after = element.getnext()
        if after is not None and after.tag == "span" and "MathJax" in after.get("class", ""):
            return "done"  # a preview
        if after is not None and after.tag == "script" and "math/tex" in after.get("type", ""):
            return "done"
        for found in element.iter("script"):
            if "math/tex" in found.get("type", ""):
                return "inside"
        for found in element.iter("math"):
            if tex := _tex_of(found):
                display = element.get("display") in ("true", "block") or "Display" in element.get("class", "")
                self._formula(tex, display=display)
                return "done"
        self._unread("a formula drawn as a picture")
        return "done"

    def _picture(self, element: Element, classes: set[str]) -> None:
        source = element.get("src", "")
        if "math" in classes or "latex" in classes or "tex?" in source[:300] or "codecogs" in source[:300]:
            self._unread("a formula drawn as a picture")
        else:
            alternative = " ".join((element.get("alt") or element.get("title") or "").split())[:2000]
            self._block("figure", alternative, Style(hidden="the text of a picture"))

    def _svg(self, element: Element) -> None:
        drawn = any(
            name in "".join(child.attrib.values())[:500] for child in _first(element, 30) for name in ("MJX", "MathJax")
        )
        drawn = drawn or any("data-mml-node" in child.attrib for child in _first(element, 30))
        if drawn or "MathJax" in element.get("class", ""):
            self._unread("a formula drawn as a picture")
        else:
            written = " ".join(" ".join("".join(part.itertext()).split()) for part in element.iter("text"))
            self._block("figure", written[:2000], Style(hidden="the text of a picture"))

    def _raised(self, tag: str, element: Element) -> str:
        inside = "".join(element.itertext()).strip() if len(element) < 5 else ""
        if not inside or len(inside) > 40 or next(element.iter("script", "math", "img", "svg"), None) is not None:
            return ""
        if tag == "sup" and next(element.iter("a"), None) is not None:
            self.out.words.add(f"[{inside.strip('[]')}]", self.here.style)  # of a note, not a power
            return "done"
        sign = "^" if tag == "sup" else "_"
        self.out.words.add(sign + (inside if len(inside) == 1 else f"{{{inside}}}"), self.here.style)
        return "done"


def _list_of(tag: str, element: Element) -> _List:
    css = html_style.declarations(element.get("style", ""))
    form = css.get("list-style-type", css.get("list-style", ""))
    form = {"lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A"}.get(form, form)
    form = {"lower-roman": "i", "upper-roman": "I", "decimal": "1"}.get(form, form)
    if tag != "ol" or form == "none":
        return _List()
    start = element.get("start", "1").strip()
    form = form if form in "aAiI1" and form else element.get("type", "1")
    return _List(int(start) if re.fullmatch(r"-?\d{1,6}", start) else 1, form if form in ("a", "A", "i", "I") else "1")


def _is_layout(table: Element) -> bool:
    """Whether a table only holds the parts of a page in their places."""
    return next(table.iterdescendants("table", "pre", *_HEADINGS), None) is not None


def _span(element: Element, name: str) -> int:
    value = element.get(name, "1").strip()
    return max(1, min(int(value), _MOST_COLUMNS)) if value.isdigit() and len(value) < 6 else 1


def _first(element: Element, count: int) -> Iterator[Element]:
    for _, child in zip(range(count), element.iter("*"), strict=False):
        yield child


def _tex_of(element: Element) -> str:
    """The LaTeX of a formula in MathML. What its annotation says counts where it says what is shown."""
    noted = [
        part.text or ""
        for part in element.iterdescendants()
        if isinstance(part.tag, str) and part.tag.endswith("annotation") and "tex" in part.get("encoding", "").lower()
    ]
    try:
        shown = str(importlib.import_module("grader.documents.mathml").latex(element))
    except ImportError:
        return noted[0] if noted else ""
    same = noted and _figures(noted[0]) == _figures(shown)
    return noted[0].strip() if same else shown


def _figures(tex: str) -> list[str]:
    return re.findall(
        r"\d|-", re.sub(r"\\[A-Za-z]+(?:\[[^\]]{0,20}\])?|[−–]", lambda m: "-" if m[0] in "−–" else "", tex)
    )


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:  # noqa: ARG001
    """The blocks of a page. Raises SubmissionError where it is no text, or nested too deeply."""
    named = _CHARSET.search(raw[:3000])
    encoding = named[1].decode("ascii") if named else ""
    text = decode(raw, file, "" if encoding.lower().startswith(("utf-16", "utf-32")) else encoding)
    return blocks_of(text, Source(file=file))
