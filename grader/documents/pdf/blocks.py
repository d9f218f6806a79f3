"""Rows of pages become headings, paragraphs, items, formulas and code."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.core.document import Block, BlockKind, Run
from grader.core.source import Source
from grader.documents.pdf.atoms import Box
from grader.documents.pdf.characters import UNKNOWN
from grader.documents.pdf.layout import Region, Thing
from grader.documents.pdf.page import Page
from grader.documents.pdf.rows import Row, Token
from grader.documents.pdf.runs import runs_of_tokens
from grader.documents.pdf.tables import Table

_LARGER = 1.12  # a heading's letters against those of the text
_LONGEST_HEADING = 200
_MARK = re.compile(
    r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\((?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})\)|\d{1,2}(?:\.\d{1,2}){1,3}[.)]"
)
_BULLETS = frozenset(["•", "◦", "‣", "▪", "■", "□", "●", "○", "–", "*", "·", "-", "−", "∙", "⁃", "✓", "", UNKNOWN])
_DEEPEST = 6
_MOST_ROWS = 300  # of one paragraph


@dataclass
class _Open:
    """A block that may go on in the next row."""

    kind: BlockKind
    runs: list[Run]
    page: int
    last: Row
    left: float
    size: float
    bold: bool
    level: int = 0
    mark: str = ""
    rows: int = 1
    code: list[tuple[float, str, float]] = field(default_factory=list)


def blocks_of(pages: list[Page], file: str) -> tuple[Block, ...]:
    """The blocks of a document."""
    return tuple(_Maker(pages, file).blocks())


class _Maker:
    def __init__(self, pages: list[Page], file: str) -> None:
        self._pages = pages
        self._file = file
        rows = [
            entry for page in pages for region in page.regions for entry in region.content if isinstance(entry, Row)
        ]
        letters: Counter[float] = Counter()
        for row in rows:
            letters[row.size] += sum(len(token.atom.text) for token in row.tokens)
        self._body = max(letters, key=lambda size: letters[size], default=10.0)
        larger = {round(row.size * 2) / 2 for row in rows if row.size > _LARGER * self._body and not _is_formula(row)}
        self._ranks = sorted(larger, reverse=True)
        gaps = Counter(
            round(one.base - two.base)
            for page in pages
            for region in page.regions
            for one, two in zip(region.content, region.content[1:], strict=False)
            if isinstance(one, Row) and isinstance(two, Row) and 0 < one.base - two.base < 3 * self._body
        )
        self._leading = float(max(gaps, key=lambda gap: gaps[gap], default=round(1.3 * self._body)))
        self._open: _Open | None = None
        self._rights: dict[int, float] = {}
        for page in pages:
            for region in page.regions:
                left = round(region.left / 5)
                self._rights[left] = max(self._rights.get(left, 0.0), region.right)

    def blocks(self) -> Iterator[Block]:
        for page in self._pages:
            hidden = sorted(page.hidden, key=lambda pair: -pair[0])
            for region in page.regions:
                yield from self._region(page, region, hidden)
            if hidden or page.across or page.cut:
                yield from self._close()
            for _, run in hidden:
                yield self._block("paragraph", page.number, (run,))
            for line in page.across:
                yield self._block("paragraph", page.number, (Run(text=line),))
            if page.cut:
                yield self._block("unread", page.number, (Run(text="the rest of a page that holds too much"),))
        yield from self._close()

    def _block(self, kind: BlockKind, page: int, runs: tuple[Run, ...] = (), **more: object) -> Block:
        return Block(kind=kind, runs=runs, source=Source(file=self._file, page=page), **more)

    def _region(self, page: Page, region: Region, hidden: list[tuple[float, Run]]) -> Iterator[Block]:
        for entry in region.content:
            top = entry.base if isinstance(entry, Row) else entry.box.y1
            while hidden and hidden[0][0] > top + 1 and len(page.regions) == 1:
                yield from self._close()
                yield self._block("paragraph", page.number, (hidden.pop(0)[1],))
            if isinstance(entry, Row):
                for part in _side_by_side(entry, page.bullets):
                    yield from self._row(part, page, region)
            elif isinstance(entry, Table):
                yield from self._close()
                yield self._block("table", page.number, rows=entry.rows)
            elif isinstance(entry, Thing) and entry.kind == "link" and self._open:
                self._open.runs.extend([Run(text=" "), *entry.runs])
            elif isinstance(entry, Thing):
                yield from self._close()
                kind: BlockKind = "paragraph" if entry.kind in ("link", "words") else entry.kind  # type: ignore[assignment]
                yield self._block(kind, page.number, entry.runs)

    def _close(self) -> Iterator[Block]:
        done, self._open = self._open, None
        if done is None:
            return
        if done.kind == "code":
            yield self._block("code", done.page, (Run(text=_code(done.code), code=True),))
            return
        runs = tuple(_tidied(done.runs))
        kind, level = done.kind, done.level
        if kind == "paragraph" and self._stands_out(done, runs):
            kind, level = "heading", min(len(self._ranks) + 1, _DEEPEST)
        yield self._block(kind, done.page, runs, level=level, mark=done.mark)

    def _stands_out(self, block: _Open, runs: tuple[Run, ...]) -> bool:
        """Whether a paragraph is a heading: a single row in bold, short."""
        said = "".join(run.text for run in runs)
        bold = all(run.bold or run.formula or not any(c.isalnum() for c in run.text) for run in runs)
        return bold and block.rows == 1 and len(said) <= 120 and any(run.bold for run in runs)

    def _row(self, row: Row, page: Page, region: Region) -> Iterator[Block]:
        if _is_code(row):
            block = self._open
            if (
                block
                and block.kind == "code"
                and block.page == page.number
                and 0 < block.last.base - row.base < 4 * row.size
            ):
                block.code.append(_code_line(row))
                block.last = row
                return
            yield from self._close()
            self._open = _Open("code", [], page.number, row, row.x0, row.size, False, code=[_code_line(row)])
            return
        tokens, mark, bullet = _marked(row, page.bullets)
        if _is_formula(row) and not mark:
            yield from self._close()
            runs = _formula(row)
            kind: BlockKind = "formula" if len(runs) == 1 and runs[0].formula else "paragraph"
            self._start(kind, list(runs), row, page.number)
            return
        large = row.size > _LARGER * self._body
        if large and len(_plain(row)) <= _LONGEST_HEADING:
            rank = next((i for i, size in enumerate(self._ranks) if abs(size - row.size) <= 0.3), len(self._ranks))
            level = min(rank + 1, _DEEPEST)
            block = self._open
            runs = runs_of_tokens(row.tokens)
            if (
                block
                and block.kind == "heading"
                and block.level == level
                and self._follows(block, row, page, 1.5 * row.size)
            ):
                _join(block.runs, runs, new_line=False)
                block.last, block.rows = row, block.rows + 1
                return
            yield from self._close()
            self._start("heading", list(runs), row, page.number, level=level)
            return
        if mark or bullet:
            yield from self._close()
            start = tokens[0].x0
            depth = 1 + int(max(0.0, row.x0 - region.left - 30) // 15) if bullet or mark else 1
            self._start(
                "item",
                list(runs_of_tokens(tokens)),
                row,
                page.number,
                level=min(depth, _DEEPEST),
                mark=mark,
                left=start,
            )
            return
        runs = runs_of_tokens(row.tokens)
        block = self._open
        if block and block.kind in ("paragraph", "item") and self._goes_on(block, row, page, region, runs):
            new_line = self._broken(block, row, page, region)
            _join(block.runs, runs, new_line=new_line)
            block.last, block.rows = row, block.rows + 1
            return
        yield from self._close()
        self._start("paragraph", list(runs), row, page.number)

    def _start(
        self, kind: BlockKind, runs: list[Run], row: Row, page: int, *, level: int = 0, mark: str = "",
        left: float | None = None,
    ) -> None:  # fmt: skip
        bold = all(run.bold or not run.text.strip() for run in runs)
        self._open = _Open(kind, runs, page, row, row.x0 if left is None else left, row.size, bold, level, mark)

    def _follows(self, block: _Open, row: Row, page: Page, most: float) -> bool:
        return block.page == page.number and 0 < block.last.base - row.base <= most

    def _goes_on(self, block: _Open, row: Row, page: Page, region: Region, runs: tuple[Run, ...]) -> bool:
        """Whether a row belongs to the paragraph or item before it."""
        if block.rows >= _MOST_ROWS:
            return False
        bold = all(run.bold or not run.text.strip() for run in runs)
        if bold != block.bold and (bold or block.rows == 1) and (bold or block.kind == "paragraph"):
            return False
        if block.page != page.number:
            # Over the page, a sentence that is unfinished goes on.
            said = "".join(run.text for run in block.runs).rstrip()
            return bool(said) and said[-1] not in ".:!?" and _plain(row)[:1].islower()
        gap = block.last.base - row.base
        if gap < 0:  # the next column
            return "".join(run.text for run in block.runs).rstrip()[-1:] not in ".:!?" and _plain(row)[:1].islower()
        most = 1.28 * self._leading
        if max(row.box.height, block.last.box.height) > 1.6 * row.size:
            # What is high moves rows apart: the room between them counts.
            gap, most = block.last.box.y0 - row.box.y1, most - 0.7 * row.size
        if gap > most or abs(row.size - block.size) > 0.15 * block.size:
            return False
        if block.last.base - row.base > 1.75 * row.size and self._broken(block, row, page, region):
            return False
        if block.kind == "item":
            return row.x0 > block.last.x0 - 3 if block.rows > 1 else row.x0 > block.left - 0.6 * row.size
        indent = row.x0 - block.last.x0
        if abs(indent) > 4 * row.size and (indent > 0 or block.rows > 1 or len(block.last.tokens) < 40):
            return _centred_alike(row, block.last)
        return not (row.size < indent < 4 * row.size and block.rows > 1)

    def _broken(self, block: _Open, row: Row, page: Page, region: Region) -> bool:
        """Whether the author may have begun a new line: the first word had room on the last one."""
        last = block.last
        first = row.tokens[0]
        if last.tokens[-1].atom.hyphen:
            return False
        right = max(self._rights.get(round(region.left / 5) + i, 0.0) for i in (-1, 0, 1))
        if len(page.regions) == 1 and right - region.left < 0.6 * (page.width - 2 * region.left):
            right = page.width - region.left  # short lines alone don't tell where the margin is
        return last.x1 + 0.35 * row.size + first.atom.box.width < right - 0.5 * row.size


def _centred_alike(one: Row, two: Row) -> bool:
    """Whether two rows are centred on one line, as those of a title are."""
    return abs(one.x0 + one.x1 - two.x0 - two.x1) < one.size


def _is_code(row: Row) -> bool:
    return all(token.atom.style.mono for token in row.tokens)


def _is_formula(row: Row) -> bool:
    """Whether a row is a displayed formula: something that is put together, and no words beside it."""
    if not any(token.structured for token in row.tokens):
        return False
    runs = _formula(row)
    return len(runs) == 1 and runs[0].formula


def _formula(row: Row) -> tuple[Run, ...]:
    tokens = list(row.tokens)
    # The number of a formula at its right is none of it.
    for count in (1, 2, 3, 4):
        tail = "".join(token.text() for token in tokens[-count:])
        number = re.fullmatch(r"\((?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3})?[a-z]?\)", tail)
        if number and len(tokens) > count and tokens[-count].x0 - tokens[-count - 1].x1 > 2 * row.size:
            del tokens[-count:]
            break
    runs = list(runs_of_tokens(tokens))
    if len(runs) == 2 and runs[0].formula and runs[1].text.strip() in ".,;":
        del runs[1]
    return tuple(runs)


def _plain(row: Row) -> str:
    return " ".join(token.text() for token in row.tokens)


def _side_by_side(row: Row, bullets: list[Box]) -> list[Row]:
    """The items of lists that stand beside each other in one row."""
    if len(row.tokens) > 200 or not _marked(row, bullets)[1]:
        return [row]
    parts: list[list[Token]] = [[]]
    for i, token in enumerate(row.tokens):
        parted = i > 0 and token.x0 - row.tokens[i - 1].x1 > 1.5 * row.size
        if parted and _marked(Row(row.tokens[i:], row.base), bullets)[1]:
            parts.append([])
        parts[-1].append(token)
    return [Row(part, row.base) for part in parts]


def _marked(row: Row, bullets: list[Box]) -> tuple[list[Token], str, bool]:
    """(the row without the mark of an item, the mark, whether it is a bullet)."""
    for box in bullets[:500]:
        if 0 < row.x0 - box.x1 < 30 and row.base - 2 < (box.y0 + box.y1) / 2 < row.base + row.size:
            return row.tokens, "", True
    said = ""
    for count, token in enumerate(row.tokens[:4], start=1):
        if (
            token.structured
            or token.atom.style.math
            or (count > 1 and token.x0 - row.tokens[count - 2].x1 > 0.17 * row.size)
        ):
            break
        said += token.atom.text
        rest = row.tokens[count:]
        if not rest:
            break
        gap = rest[0].x0 - token.x1
        if gap > 0.17 * row.size and _MARK.fullmatch(said):
            return rest, said, False
        if count == 1 and gap > 0.2 * row.size and said in _BULLETS:
            dash = said in "-−–*·"
            if not dash or (rest[0].atom.text[:1].isalpha() and gap > 0.25 * row.size):
                return rest, "", True
    return row.tokens, "", False


def _join(runs: list[Run], more: tuple[Run, ...], *, new_line: bool) -> None:
    """More runs, from the next row; a word that was broken at its end is made whole."""
    more_ = list(more)
    if runs and more_ and not runs[-1].formula:
        last, first = runs[-1], more_[0]
        text = last.text
        word = text.rsplit(maxsplit=1)[-1] if text.split() else ""
        broken = len(word) > 1 and word[-1] == "-" and word[-2].isalpha() and "-" not in word[:-1]
        if broken and first.text[:1].islower() and not first.formula:
            runs[-1] = last.model_copy(update={"text": text[:-1]})
        elif not (text.endswith("-") and len(text) > 1 and text[-2].isalnum()):
            runs[-1] = last.model_copy(update={"text": text + ("\n" if new_line else " ")})
    elif runs and more_:
        runs.append(Run(text="\n" if new_line else " "))
    if runs and more_:
        first = more_[0]
        same = first.model_copy(update={"text": runs[-1].text}) == runs[-1]
        if same and not first.formula:
            runs[-1] = first.model_copy(update={"text": runs[-1].text + first.text})
            more_ = more_[1:]
    runs.extend(more_)


def _tidied(runs: list[Run]) -> Iterator[Run]:
    for run in runs:
        if run.text:
            yield run


def _code_line(row: Row) -> tuple[float, str, float]:
    """(left edge, the row with the room between its words, the width of a letter)."""
    width = max((t.atom.box.width / max(len(t.atom.text), 1) for t in row.tokens), default=5.0) or 5.0
    text = ""
    for token in row.tokens:
        column = round((token.x0 - row.x0) / width)
        text += " " * max(column - len(text), 0) + token.atom.text
    return row.x0, text, width


def _code(lines: list[tuple[float, str, float]]) -> str:
    left = min(x for x, _, _ in lines)
    return "\n".join(" " * min(round((x - left) / width), 80) + text for x, text, width in lines)
