"""Word's .docx: paragraphs, lists, tables, formulas, notes and text boxes as they are printed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from grader.core.document import Block, BlockKind, Run
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import omml
from grader.documents._blocks import collected, in_cell
from grader.documents._look import Look
from grader.documents._package import Package, attribute, child, children, name, setting
from grader.documents._word_lists import WordLists
from grader.documents._word_styles import ParagraphStyle, WordStyles, background_of, depth_of, look_of, outline_level
from grader.documents.format import Beside
from grader.documents.words import Style, Words
from grader.documents.writer import filled

Element = Any  # of lxml, which ships no types

_MOST_CELLS = 500_000
_WIDEST = 64  # columns that one cell may span
_DEEPEST = 40  # tables, boxes and notes in each other
_LINE = 45 * 12_700  # the height of a picture that may stand for a formula in a line, in EMU
_DRAWN_FORMULA = "a formula drawn as a picture"
_AROUND = {
    "ins",
    "moveTo",
    "smartTag",
    "customXml",
    "sdtContent",
    "fldSimple",
    "dir",
    "bdo",
    "ruby",
    "rubyBase",
    "subDoc",
}
_GONE = {"del", "moveFrom"}
# Letters that the font Symbol draws in place of others, by the low byte of their code.
_SYMBOLS = {
    0x2D: "−",
    0xB4: "×",
    0xB7: "•",
    0xB1: "±",
    0xA3: "≤",
    0xB3: "≥",
    0xB9: "≠",
    0xBB: "≈",
    0xAE: "→",
    0xD7: "⋅",
}
_SYMBOLS |= {
    0x61: "α",
    0x62: "β",
    0x64: "δ",
    0x65: "ε",
    0x68: "η",
    0x6C: "λ",
    0x6D: "μ",
    0x70: "π",
    0x73: "σ",
    0x71: "θ",
}
_SYMBOLS |= {0x53: "Σ", 0x44: "Δ", 0xA5: "∞", 0xB6: "∂", 0xD1: "∇", 0x2B: "+", 0x3D: "=", 0xB8: "÷", 0xB0: "°"}
_SYMBOLS |= {code: chr(code) for code in range(0x30, 0x3A)}


class _State(NamedTuple):
    """What holds for all words here, whatever their own look."""

    look: Look = Look()
    struck: bool = False
    hidden: str = ""
    link: str = ""
    framed: bool = False
    depth: int = 0


class _Line:
    """One paragraph as it is read: its words, and what comes after it."""

    def __init__(self, displayed: bool) -> None:
        self.words = Words()
        self.displayed = displayed
        self.parts: list[tuple[Run, ...] | str] = []
        self.after: list[Block] = []
        self.pictures: list[tuple[bool, tuple[Run, ...]]] = []

    def display(self, latex: str, style: Style) -> None:
        """A formula on lines of its own."""
        if self.displayed and not (style.hidden or style.struck):
            self.parts += [self.words.take(), latex]
        else:
            self.words.formula(latex, style)


def parse(raw: bytes, file: str, _: Beside) -> tuple[Block, ...]:
    """The blocks of a .docx. Raises SubmissionError for one that is broken, encrypted or too large."""
    return _Reader(raw, file).blocks


class _Reader:
    def __init__(self, raw: bytes, file: str) -> None:
        self.file = file
        self.source = Source(file=file)
        self.package = Package(raw, file)
        top = self.package.relations("")
        main = next((target for kind, target in top.values() if kind == "officeDocument"), "word/document.xml")
        if main not in self.package.names:
            raise SubmissionError("is no Word document", where=file, hint="Save it as .docx or PDF.")
        self.relations = self.package.relations(main)
        self.targets = {kind: target for kind, target in self.relations.values() if target in self.package.names}
        self.styles = WordStyles(self._part("styles"))
        self.lists = WordLists(self._part("numbering"))
        self.notes = {
            (kind, attribute(note, "id") or ""): note
            for kind in ("footnote", "endnote", "comment")
            if (part := self._part(f"{kind}s")) is not None
            for note in children(part)
        }
        # Complex fields that are open: whether their code still lasts, the code, where it leads.
        self.fields: list[list[Any]] = []
        self.cells = 0
        body = child(self.package.xml(main), "body")
        if body is None:
            raise SubmissionError("is no Word document: it has no body", where=file, hint="Save it as .docx or PDF.")
        self.blocks = collected(self._blocks(body, _State()), file)

    def _part(self, kind: str) -> Element | None:
        return self.package.xml(self.targets[kind]) if kind in self.targets else None

    def _block(self, kind: BlockKind, runs: tuple[Run, ...], *, level: int = 0, mark: str = "") -> Block:
        return Block(kind=kind, runs=runs, level=level, mark=mark, source=self.source)

    def _blocks(self, container: Element, state: _State) -> Iterator[Block]:
        if state.depth > _DEEPEST:
            raise SubmissionError(f"holds more than {_DEEPEST} tables or boxes in each other", where=self.file)
        inner = state._replace(depth=state.depth + 1)
        for each in children(container):
            kind = name(each)
            if kind == "p":
                yield from self._paragraph(each, state)
            elif kind == "tbl":
                yield from self._table(each, inner)
            elif kind == "sdt":
                yield from self._blocks(each, inner._replace(hidden=_placeholder(each) or state.hidden))
            elif kind in _GONE:
                yield from self._blocks(each, inner._replace(struck=True))
            elif kind == "oMathPara":
                yield from (self._formula(omml.latex(formula), state) for formula in _formulas(each))
            elif kind == "altChunk":
                yield self._unread("another document that is embedded")
            elif not kind.endswith("Pr"):  # whatever stands around paragraphs
                yield from self._blocks(each, inner)

    def _formula(self, latex: str, state: _State) -> Block:
        run = Run(text=latex, formula=True, struck=state.struck, hidden=state.hidden)
        return self._block("formula", (run,))

    def _unread(self, what: str) -> Block:
        return self._block("unread", (Run(text=what),))

    def _paragraph(self, paragraph: Element, state: _State) -> Iterator[Block]:
        properties = child(paragraph, "pPr")
        style = self.styles.paragraph(setting(properties, "pStyle"))
        outline = outline_level(properties)
        level = style.level if outline is None else outline
        mark, depth = self._label(properties, style)
        look = style.look.under(state.look).under(background_of(properties))
        state = state._replace(look=look, framed=state.framed or _is_framed(properties))
        in_place = not level and mark is None and style.kind == "paragraph"
        line = _Line(displayed=in_place)
        self._inline(paragraph, line, state, code=style.kind == "code")
        is_alone = not line.words and not line.parts
        runs = line.words.take(strip=style.kind != "code")
        if level:
            label = (Run(text=f"{mark} "),) if mark and runs else ()
            if runs:
                yield self._block("heading", label + runs, level=level)
        elif mark is not None and (runs or mark):
            yield self._block("item", runs, level=depth + 1, mark=mark)
        elif style.kind == "code":
            yield self._block("code", runs)
        else:
            kind: BlockKind = "quotation" if style.kind == "quotation" else "paragraph"
            for part in (*line.parts, runs):
                if not isinstance(part, str) and len(part) == 1 and part[0].formula:
                    yield self._block("formula", part)
                elif isinstance(part, str):
                    yield self._formula(part, state)
                elif part:
                    yield self._block(kind, part)
        for is_low, alt in line.pictures:
            if is_low and not is_alone:
                yield self._unread("a picture in a line, which may be a formula")
            else:
                yield self._block("figure", alt)
        yield from line.after

    def _label(self, properties: Element | None, style: ParagraphStyle) -> tuple[str | None, int]:
        """(the label printed before a paragraph: empty for a bullet, None outside lists; its depth from 0)."""
        list_of = child(properties, "numPr")
        number = setting(list_of, "numId") or style.number
        if number is None or not self.lists.knows(number):
            return None, 0
        depth = depth_of(list_of, style.depth)
        return self.lists.label(number, depth), depth

    def _inline(self, element: Element, line: _Line, state: _State, *, code: bool) -> None:
        for each in children(element):
            kind = name(each)
            if kind == "r":
                self._run(each, line, state, code=code)
            elif kind == "oMath":
                line.words.formula(omml.latex(each), self._style(state.look, state))
            elif kind == "oMathPara":
                for formula in _formulas(each):
                    line.display(omml.latex(formula), self._style(state.look, state))
            elif kind == "hyperlink":
                target = self.relations.get(attribute(each, "id") or "", ("", ""))[1]
                target = target or f"#{attribute(each, 'anchor') or ''}"
                self._inline(each, line, state._replace(link=target), code=code)
            elif kind == "sdt":
                hidden = _placeholder(each) or state.hidden
                self._inline(each, line, state._replace(hidden=hidden), code=code)
            elif kind in _GONE:
                self._inline(each, line, state._replace(struck=True), code=code)
            elif not kind.endswith("Pr"):  # whatever stands around words
                self._inline(each, line, state, code=code)

    def _style(self, look: Look, state: _State, *, code: bool = False) -> Style:
        in_code = any(field[0] for field in self.fields)
        link = next((field[2] for field in reversed(self.fields) if field[2]), state.link)
        return Style(
            code=code or bool(look.code),
            # Links are underlined; that is no emphasis.
            bold=bool(look.bold or look.framed or (look.underlined and not link)) or state.framed,
            italic=bool(look.italic),
            struck=bool(look.struck) or state.struck,
            hidden=state.hidden or look.hidden or ("the code of a field" if in_code else ""),
            link=link,
            raised=look.raised or 0,
        )

    def _run(self, run: Element, line: _Line, state: _State, *, code: bool) -> None:
        properties = child(run, "rPr")
        look = state.look.under(self.styles.character(setting(properties, "rStyle"))).under(look_of(properties))
        style = self._style(look, state, code=code)
        for part in children(run):
            kind = name(part)
            if kind in ("t", "delText"):
                line.words.add("".join(map(_drawn_by_font, part.text or "")), style)
            elif kind in _SIGNS:
                line.words.add(_SIGNS[kind], style)
            elif kind == "sym":
                line.words.add(_symbol(part), style)
            elif kind in ("drawing", "pict", "object"):
                self._drawn(part, line, state, is_object=kind == "object")
            elif kind == "contentPart":
                line.after.append(self._unread("handwriting"))
            elif kind in ("footnoteReference", "endnoteReference"):
                note = self.notes.pop((kind.removesuffix("Reference"), attribute(part, "id") or ""), None)
                if note is not None:
                    inner = _State(struck=state.struck, hidden=state.hidden, depth=state.depth + 1)
                    line.after += self._blocks(note, inner)
            elif kind == "commentReference":
                comment = self.notes.pop(("comment", attribute(part, "id") or ""), None)
                if comment is not None:
                    words = " ".join("".join(each.itertext()) for each in children(comment)).strip()
                    line.words.add(f" {words}", Style(hidden="a comment"))
            elif kind in ("fldChar", "instrText"):
                self._field(part, kind, line)
                style = self._style(look, state, code=code)
            elif kind == "ruby":
                base = child(part, "rubyBase")
                if base is not None:
                    self._inline(base, line, state, code=code)

    def _field(self, part: Element, kind: str, line: _Line) -> None:
        if kind == "instrText":
            if self.fields and len(self.fields[-1][1]) < 4000:
                self.fields[-1][1] += part.text or ""
            return
        event = attribute(part, "fldCharType")
        if event == "begin" and len(self.fields) < _DEEPEST:
            self.fields.append([True, "", ""])
        elif event in ("separate", "end") and self.fields:
            field = self.fields[-1]
            words = field[1].split()
            if field[0] and words and words[0].upper() == "HYPERLINK":
                field[2] = next((word.strip('"') for word in words[1:] if not word.startswith("\\")), "")
            elif field[0] and words and words[0].upper() == "EQ":
                line.after.append(self._unread(_DRAWN_FORMULA))
            field[0] = False
            if event == "end":
                self.fields.pop()

    def _drawn(self, drawing: Element, line: _Line, state: _State, *, is_object: bool) -> None:
        """Pictures, text boxes and what other programs draw."""
        found = list(
            _outermost(drawing, {"txbxContent", "blip", "imagedata", "chart", "relIds", "OLEObject", "textpath"})
        )
        objects = [each for each in found if name(each) == "OLEObject"]
        if is_object or objects:
            program = (attribute(objects[0], "ProgID") or "") if objects else ""
            is_formula = "equation" in program.lower() or "math" in program.lower()
            line.after.append(self._unread(_DRAWN_FORMULA if is_formula else "an object of another program"))
            return
        inner = _State(struck=state.struck, hidden=state.hidden, depth=state.depth + 1)
        for each in found:
            if name(each) == "txbxContent":
                line.after += self._blocks(each, inner)
            elif name(each) == "textpath":
                line.after.append(self._unread("words drawn as a picture"))
        if any(name(each) in ("blip", "imagedata", "chart", "relIds") for each in found):
            extent = next(_outermost(drawing, {"extent"}), None)
            height = attribute(extent, "cy") if extent is not None else None
            is_low = child(drawing, "inline") is not None and bool(height) and len(height or "") < 10
            is_low = is_low and (height or "").isdecimal() and int(height or 0) < _LINE
            said = next(_outermost(drawing, {"docPr"}), None)
            alt = (attribute(said, "descr") or "") if said is not None else ""
            line.pictures.append((is_low, (Run(text=alt, hidden="the text behind a picture"),) if alt else ()))

    def _table(self, table: Element, state: _State) -> Iterator[Block]:
        rows = [self._row(row, state) for row in _outermost(table, {"tr"}, within=_AROUND | _GONE | {"sdt", "tbl"})]
        cells = [blocks for row in rows for blocks in row]
        # A frame, or a page laid out in cells.
        if len(cells) == 1 or any(block.kind in ("heading", "table") for blocks in cells for block in blocks):
            for blocks in cells:
                yield from blocks
            return
        after = [block for blocks in cells for block in blocks if block.kind in ("figure", "unread")]
        written = tuple(tuple(in_cell(blocks) for blocks in row) for row in rows if row)
        if any(cell for row in written for cell in row):
            yield Block(kind="table", rows=filled(written), source=self.source)
        yield from after

    def _row(self, row: Element, state: _State) -> list[list[Block]]:
        properties = child(row, "trPr")
        if properties is not None:
            struck = state.struck or child(properties, "del") is not None
            state = state._replace(struck=struck)
        cells: list[list[Block]] = []
        for cell in _outermost(row, {"tc"}, within=_AROUND | _GONE | {"sdt", "tr"}):
            about = child(cell, "tcPr")
            span = setting(about, "gridSpan") or "1"
            columns = min(int(span), _WIDEST) if span.isascii() and span.isdigit() and len(span) < 6 else 1
            inner = state._replace(look=state.look.under(background_of(about)))
            self.cells += max(columns, 1)
            if self.cells > _MOST_CELLS:
                raise SubmissionError(f"holds tables of more than {_MOST_CELLS:,} cells", where=self.file)
            cells.append(list(self._blocks(cell, inner)))
            cells += [[] for _ in range(columns - 1)]
        return cells


_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _formulas(paragraph: Element) -> list[Element]:
    return [each for each in children(paragraph) if name(each) == "oMath"]


def _is_framed(properties: Element | None) -> bool:
    """Whether a line runs around a paragraph."""
    borders = child(properties, "pBdr")
    sides = [setting(borders, side) for side in ("top", "left", "bottom", "right")]
    return all(side not in (None, "nil", "none") for side in sides)


def _placeholder(control: Element) -> str:
    """Why what stands in a control isn't the author's."""
    shown = child(child(control, "sdtPr"), "showingPlcHdr")
    is_shown = shown is not None and attribute(shown, "val") not in ("0", "false", "off")
    return "the prompt of an empty field" if is_shown else ""


def _symbol(element: Element) -> str:
    """A character that is written by its code in a font."""
    code = attribute(element, "char") or ""
    try:
        number = int(code[:4], 16)
    except ValueError:
        return ""
    return _drawn_by_font(chr(number)) if 0x20 <= number < 0xD800 or 0xF000 <= number <= 0xF0FF else "\ufffd"


def _drawn_by_font(character: str) -> str:
    """What the font Symbol shows in place of a character without a meaning of its own; other fonts draw ornaments."""
    return _SYMBOLS.get(ord(character) - 0xF000, "\ufffd") if "\uf000" <= character <= "\uf0ff" else character


def _outermost(element: Element, names: set[str], *, within: set[str] | None = None) -> Iterator[Element]:
    """The elements of these names that lie in none other such; only through those `within`, where these are given."""
    stack = [element]
    while stack:
        each = stack.pop()
        if each is not element and name(each) in names:
            yield each
        elif within is None or each is element or name(each) in within:
            stack.extend(reversed(list(children(each))))
