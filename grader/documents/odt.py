"""OpenDocument text (.odt): paragraphs, lists, tables, formulas, notes and frames as they are printed."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from grader.core.document import Block, BlockKind, Cell, Run
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import mathml
from grader.documents._blocks import collected, in_cell
from grader.documents._look import Look
from grader.documents._odt_styles import DEEPEST_LIST, Counter, Level, OdtStyles, whole
from grader.documents._package import Package, attribute, child, children, name, parse_xml
from grader.documents.format import Beside
from grader.documents.words import Style, Words
from grader.documents.writer import filled

Element = Any  # of lxml, which ships no types

_MOST_CELLS = 500_000
_MOST_SPACES = 200
_WIDEST = 64  # empty cells that are written out for one that says it stands many times
_DEEPEST = 40  # tables, sections and frames in each other
_GAP = re.compile(r"[ \t\r\n]+")
_INDEXES = {
    *("table-of-content", "illustration-index", "table-index", "object-index", "user-index", "alphabetical-index"),
    "bibliography",
}
_SHAPES = {"custom-shape", "rect", "ellipse", "circle", "polygon", "path", "caption", "g", "line", "connector", "page"}
_SKIPPED = {"tracked-changes", "sequence-decls", "variable-decls", "user-field-decls", "forms", "dde-connection-decls"}
_SKIPPED |= {
    "note-citation",
    "ruby-text",
    "annotation-end",
    "script",
    "event-listeners",
    "soft-page-break",
    "title",
    "desc",
}


class _State(NamedTuple):
    """What holds for all words here, whatever their own look."""

    look: Look = Look()
    struck: bool = False
    hidden: str = ""
    link: str = ""
    framed: bool = False
    quoted: bool = False
    code: bool = False
    depth: int = 0

    def style(self) -> Style:
        """How words without a style of their own are shown."""
        look = self.look
        return Style(
            code=self.code or bool(look.code),
            bold=bool(look.bold or (look.underlined and not self.link)) or self.framed,
            italic=bool(look.italic),
            struck=bool(look.struck) or self.struck,
            hidden=self.hidden or look.hidden,
            link=self.link,
            raised=look.raised or 0,
        )


class _List(NamedTuple):
    """The list that a paragraph stands in; `depth` from 1."""

    levels: dict[int, Level]
    counter: Counter
    depth: int


class _Line:
    """One paragraph as it is read: its words, and what comes after it."""

    def __init__(self) -> None:
        self.words = Words()
        self.after: list[Block] = []


def parse(raw: bytes, file: str, _: Beside) -> tuple[Block, ...]:
    """The blocks of an .odt or .fodt. Raises SubmissionError for one that is broken, encrypted or too large."""
    return _Reader(raw, file).blocks


class _Reader:
    def __init__(self, raw: bytes, file: str) -> None:
        self.file = file
        self.source = Source(file=file)
        self.package: Package | None = None
        if raw.lstrip()[:5].lower() == b"<?xml" and not raw.startswith(b"PK"):
            content = parse_xml(raw, "document", file)
            roots = [content]
        else:
            self.package = Package(raw, file)
            self._refuse_encrypted(self.package)
            if "content.xml" not in self.package.names:
                raise SubmissionError("is no OpenDocument text", where=file, hint="Save it as .odt or PDF.")
            content = self.package.xml("content.xml")
            roots = [self.package.xml("styles.xml")] if "styles.xml" in self.package.names else []
            roots.append(content)
        self.styles = OdtStyles(roots)
        text = child(child(content, "body"), "text")
        if text is None:
            raise SubmissionError("is no OpenDocument text", where=file, hint="Save it as .odt or PDF.")
        self.deleted = _deleted(text)
        self.headings = Counter()
        self.counters: dict[str, Counter] = {}
        self.last_of_style: dict[str, Counter] = {}
        self.cells = 0
        self.blocks = collected(self._blocks(text, _State(), None), file)

    def _refuse_encrypted(self, package: Package) -> None:
        if "META-INF/manifest.xml" in package.names:
            manifest = package.xml("META-INF/manifest.xml")
            if any(name(each) == "encryption-data" for each in manifest.iter() if isinstance(each.tag, str)):
                raise SubmissionError("is encrypted", where=self.file, hint="Save it again without a password.")

    def _block(self, kind: BlockKind, runs: tuple[Run, ...], *, level: int = 0, mark: str = "") -> Block:
        return Block(kind=kind, runs=runs, level=level, mark=mark, source=self.source)

    def _unread(self, what: str) -> Block:
        return self._block("unread", (Run(text=what),))

    def _blocks(self, container: Element, state: _State, item: _List | None) -> Iterator[Block]:
        if state.depth > _DEEPEST:
            raise SubmissionError(f"holds more than {_DEEPEST} tables or frames in each other", where=self.file)
        inner = state._replace(depth=state.depth + 1)
        for each in children(container):
            kind = name(each)
            if kind in ("p", "h"):
                yield from self._paragraph(each, state, item)
                item = None  # what follows in an item has no label
            elif kind == "list":
                yield from self._list(each, inner, None)
            elif kind == "table":
                yield from self._table(each, inner)
            elif kind == "section":
                display = attribute(each, "display")
                hides = display == "none" or (display == "condition" and attribute(each, "is-hidden") == "true")
                yield from self._blocks(each, inner._replace(hidden="hidden text") if hides else inner, None)
            elif kind in _INDEXES:
                yield from self._blocks(each, inner._replace(quoted=True), None)
            elif kind in ("index-body", "index-title", "numbered-paragraph"):
                yield from self._blocks(each, inner, item)
            elif kind == "change":
                if (gone := self.deleted.pop(attribute(each, "change-id") or "", None)) is not None:
                    yield from self._blocks(gone, inner._replace(struck=True), None)
            elif kind == "frame" or kind in _SHAPES:
                line = _Line()
                self._drawn(each, line, state)
                runs = line.words.take()
                if runs:
                    yield self._block("formula" if len(runs) == 1 and runs[0].formula else "paragraph", runs)
                yield from line.after

    def _paragraph(self, paragraph: Element, state: _State, item: _List | None) -> Iterator[Block]:
        style = self.styles.of("paragraph", attribute(paragraph, "style-name"))
        level = style.level
        if name(paragraph) == "h":
            level = min(whole(attribute(paragraph, "outline-level")) or 1, 9)
        inner = state._replace(
            look=style.look.under(Look(background=style.look.background or state.look.background)),
            framed=state.framed or style.framed,
            code=state.code or style.kind == "code",
        )
        mark = None
        if item is not None:
            mark = item.counter.label(item.levels, item.depth)
        elif name(paragraph) == "h" and attribute(paragraph, "is-list-header") != "true":
            if (start := whole(attribute(paragraph, "start-value"))) is not None:
                self.headings.go_to(level, start)
            mark = self.headings.label(self.styles.outline, level)
        line = _Line()
        self._inline(paragraph, line, inner)
        runs = line.words.take(strip=style.kind != "code")
        if level:
            if runs:
                yield self._block("heading", ((Run(text=f"{mark} "),) if mark else ()) + runs, level=level)
        elif item is not None:
            if runs or mark:
                yield self._block("item", runs, level=item.depth, mark=mark or "")
        elif style.kind == "code":
            yield self._block("code", runs)
        elif len(runs) == 1 and runs[0].formula:
            yield self._block("formula", runs)
        elif runs:
            yield self._block("quotation" if state.quoted or style.kind == "quotation" else "paragraph", runs)
        yield from line.after

    def _list(self, element: Element, state: _State, around: _List | None) -> Iterator[Block]:
        called = attribute(element, "style-name") or ""
        depth = around.depth + 1 if around else 1
        if depth > DEEPEST_LIST:
            raise SubmissionError(f"holds more than {DEEPEST_LIST} lists in each other", where=self.file)
        levels = self.styles.levels(called) if called or not around else around.levels
        here = _List(levels, around.counter if around else self._counter(element, called), depth)
        for entry in children(element):
            if name(entry) in ("list-item", "list-header"):
                if (start := whole(attribute(entry, "start-value"))) is not None:
                    here.counter.go_to(depth, start)
                yield from self._item(entry, state, here, labelled=name(entry) == "list-item")

    def _item(self, entry: Element, state: _State, here: _List, *, labelled: bool) -> Iterator[Block]:
        """The paragraphs of an item, the first of them with its label, and the lists in it."""
        label: _List | None = here if labelled else None
        for each in children(entry):
            if name(each) == "list":
                yield from self._list(each, state._replace(depth=state.depth + 1), here)
                label = None
            else:
                yield from self._blocks([each], state, label)
                label = None if name(each) in ("p", "h") else label

    def _counter(self, element: Element, called: str) -> Counter:
        counter = None
        if (before := attribute(element, "continue-list")) is not None:
            counter = self.counters.get(before)
        elif attribute(element, "continue-numbering") == "true":
            counter = self.last_of_style.get(called)
        counter = counter or Counter()
        self.last_of_style[called] = counter
        if (own := attribute(element, "id")) is not None:
            self.counters[own] = counter
        return counter

    def _inline(self, element: Element, line: _Line, state: _State) -> None:
        style = state.style()
        line.words.add(_GAP.sub(" ", element.text or ""), style)
        for each in element:
            if isinstance(each.tag, str):
                self._piece(each, line, state, style)
            line.words.add(_GAP.sub(" ", each.tail or ""), style)

    def _piece(self, each: Element, line: _Line, state: _State, style: Style) -> None:
        kind = name(each)
        if kind == "s":
            line.words.add(" " * min(whole(attribute(each, "c")) or 1, _MOST_SPACES), style)
        elif kind in ("tab", "line-break"):
            line.words.add("\t" if kind == "tab" else "\n", style)
        elif kind == "span":
            look = state.look.under(self.styles.of("text", attribute(each, "style-name")).look)
            self._inline(each, line, state._replace(look=look))
        elif kind == "a":
            self._inline(each, line, state._replace(link=attribute(each, "href") or state.link))
        elif kind == "note":
            body = child(each, "note-body")
            if body is not None:
                below = _State(struck=state.struck, hidden=state.hidden, depth=state.depth + 1)
                line.after += self._blocks(body, below, None)
        elif kind == "annotation":
            said = " ".join("".join(part.itertext()) for part in children(each) if name(part) in ("p", "list"))
            line.words.add(f" {said}", Style(hidden="a comment"))
        elif kind == "change":
            gone = self.deleted.pop(attribute(each, "change-id") or "", None)
            for paragraph in () if gone is None else children(gone):
                self._inline(paragraph, line, state._replace(struck=True))
        elif kind == "hidden-text":
            hides = attribute(each, "is-hidden") != "false"
            said = attribute(each, "string-value") or "".join(each.itertext())
            line.words.add(said, style._replace(hidden="hidden text") if hides else style)
        elif kind == "placeholder":
            self._inline(each, line, state._replace(hidden="the prompt of an empty field"))
        elif kind == "frame" or kind in _SHAPES:
            self._drawn(each, line, state)
        elif kind == "math":
            line.words.formula(mathml.latex(each), style)
        elif kind not in _SKIPPED:
            self._inline(each, line, state)

    def _drawn(self, element: Element, line: _Line, state: _State) -> None:
        """What a frame or a shape holds: of the ways that a frame gives, the first that can be read."""
        inner = _State(struck=state.struck, hidden=state.hidden, depth=state.depth + 1)
        if inner.depth > _DEEPEST:
            raise SubmissionError(f"holds more than {_DEEPEST} tables or frames in each other", where=self.file)
        kinds = {name(each): each for each in reversed(list(children(element)))}
        if "object" in kinds:
            self._object(kinds["object"], line, state)
        elif "object-ole" in kinds:
            line.after.append(self._unread("an object of another program"))
        elif "text-box" in kinds:
            line.after += self._blocks(kinds["text-box"], inner, None)
        elif "image" in kinds:
            said = [(part.text or "").strip() for key in ("title", "desc") if (part := kinds.get(key)) is not None]
            alt = " ".join(filter(None, said))
            runs = (Run(text=alt, hidden="the text behind a picture"),) if alt else ()
            line.after.append(self._block("figure", runs))
        else:
            for each in children(element):
                if name(each) == "frame" or name(each) in _SHAPES:
                    self._drawn(each, line, inner)
            line.after += self._blocks([each for each in children(element) if name(each) in ("p", "list")], inner, None)

    def _object(self, element: Element, line: _Line, state: _State) -> None:
        root = next(iter(children(element)), None)
        href = attribute(element, "href")
        if root is None and href is not None and self.package is not None:
            part = posixpath.join(posixpath.normpath(href), "content.xml")
            root = self.package.xml(part) if part in self.package.names else None
        if root is not None and name(root) == "math":
            line.words.formula(mathml.latex(root), state.style())
            return
        body = child(root, "body")
        if body is not None and child(body, "chart") is not None:
            line.after.append(self._block("figure", ()))
        else:
            line.after.append(self._unread("an object of another program"))

    def _table(self, table: Element, state: _State) -> Iterator[Block]:
        rows = [self._row(row, state) for row in _rows(table)]
        cells = [blocks for row in rows for blocks in row]
        full = [blocks for blocks in cells if blocks]
        # A frame, or a page laid out in cells.
        if len(cells) == 1 or any(block.kind in ("heading", "table") for blocks in full for block in blocks):
            for blocks in full:
                yield from blocks
            return
        written: list[tuple[Cell, ...]] = [tuple(in_cell(blocks) for blocks in row) for row in rows if row]
        if full and any(cell for row in written for cell in row):
            yield Block(kind="table", rows=filled([row for row in written if any(row)]), source=self.source)
        yield from (block for blocks in full for block in blocks if block.kind in ("figure", "unread"))

    def _row(self, row: Element, state: _State) -> list[list[Block]]:
        cells: list[list[Block]] = []
        for cell in children(row):
            if name(cell) not in ("table-cell", "covered-table-cell"):
                continue
            times = min(whole(attribute(cell, "number-columns-repeated")) or 1, _WIDEST)
            self.cells += times
            if self.cells > _MOST_CELLS:
                raise SubmissionError(f"holds tables of more than {_MOST_CELLS:,} cells", where=self.file)
            if name(cell) == "covered-table-cell":
                cells += [[] for _ in range(times)]
                continue
            background = self.styles.of("table-cell", attribute(cell, "style-name")).look.background
            inner = state._replace(look=Look(background=background or state.look.background))
            blocks = list(self._blocks(cell, inner, None))
            cells += [blocks] * times
        return cells


def _rows(table: Element) -> Iterator[Element]:
    for each in children(table):
        if name(each) == "table-row":
            yield each
        elif name(each) in ("table-rows", "table-header-rows", "table-row-group"):
            yield from _rows(each)


def _deleted(text: Element) -> dict[str, Element]:
    """What was deleted while changes were tracked, by the id of the change."""
    found = {}
    for region in children(changes) if (changes := child(text, "tracked-changes")) is not None else ():
        deletion = child(region, "deletion")
        if deletion is not None:
            found[attribute(region, "id") or ""] = deletion
    return found
