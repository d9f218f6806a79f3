"""Org: what reports use of it. It becomes HTML and is read as such."""

import re
from html import escape

from grader.core.document import Block
from grader.core.source import Source
from grader.documents import html, maths
from grader.documents.format import Beside
from grader.documents.text import decode

_HEADING = re.compile(r"(\*{1,8})[ \t]+(.*)")
_ITEM = re.compile(r"([ \t]*)([-+]|\d{1,3}[.)]|[A-Za-z][.)])[ \t]+(?:\[@\d+\][ \t]+)?(.*)")
_DRAWER = re.compile(r"[ \t]*:[A-Za-z_-]{1,40}:[ \t]*")
_EMPHASIS = re.compile(
    r"(?<![^\s(\"'{\[-])(?:\*(?P<b>[^\s*](?:[^*\n]{0,500}[^\s*])?)\*|/(?P<i>[^\s/](?:[^/\n]{0,500}[^\s/])?)/"
    r"|\+(?P<s>[^\s+](?:[^+\n]{0,500}[^\s+])?)\+|_(?P<u>[^\s_](?:[^_\n]{0,500}[^\s_])?)_"
    r"|[=~](?P<code>[^\s=~](?:[^=~\n]{0,500}[^\s=~])?)[=~])(?![^\s)\"'}\],.;:!?-])|\[\[(?P<link>[^\[\]\n]{1,500})\](?:\[(?P<words>[^\[\]\n]{1,500})\])?\]"
)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|pdf)$", re.IGNORECASE)


def blocks_of(text: str, source: Source) -> tuple[Block, ...]:
    """The blocks of a text in Org."""
    return html.blocks_of("".join(_Page(text.split("\n"), source.line or 1).parts), source, written_by_us=True)


class _Page:
    def __init__(self, lines: list[str], first: int) -> None:
        self.parts: list[str] = []
        self.open: list[str] = []  # the lines of a paragraph
        self.indents: list[int] = []  # of the lists that are open
        self.begin = first
        self.endless: set[str] = set()  # what ends nowhere below
        at = 0
        while at < len(lines):
            self.number = at + first
            at = self._line(lines, at)
        self._close()
        self._outdent(-1)

    def _line(self, lines: list[str], at: int) -> int:
        line = lines[at]
        bare = line.strip()
        lower = bare.lower()
        if found := _HEADING.fullmatch(line):
            self._close()
            self._outdent(-1)
            level = min(6, len(found[1]))
            words = re.sub(r"^(?:TODO|DONE)[ \t]+|[ \t]+:[\w@:]{1,100}:[ \t]*$", "", found[2])
            self.parts.append(f"<h{level}{self._at()}>{_inline(words)}</h{level}>")
        elif lower.startswith(("#+begin_", "\\begin{", "$$", "\\[")) and (end := self._block(lines, at, lower)):
            return end
        elif re.match(r"[ \t]*#(?:[ \t]|$|\+)", line):
            self._close()
            self._keyword(bare)
        elif _DRAWER.fullmatch(line) and lower != ":end:":
            self._close()
            end = next((i for i in range(at, min(len(lines), at + 200)) if lines[i].strip().lower() == ":end:"), 0)
            if not end:
                self.open.append(bare)
                return at + 1
            hidden = escape("\n".join(lines[at : end + 1]))
            self.parts.append(f'<p{self._at()} style="display:none">{hidden}</p>')
            return end + 1
        elif bare.startswith("|"):
            self._close()
            return self._table(lines, at)
        elif re.match(r"[ \t]*: ", line):
            self._close()
            self.parts.append(f"<pre{self._at()}>{escape(bare[2:])}</pre>")
        elif not bare or re.fullmatch(r"-{5,}", bare):
            self._close()
        elif found := _ITEM.fullmatch(line):
            self._close()
            self._item(len(found[1].expandtabs()), found[2], found[3])
        else:
            if not self.open:
                self.begin = self.number
                self._outdent(len(line) - len(line.lstrip()) - 1)
            self.open.append(bare)
        return at + 1

    def _at(self) -> str:
        return f' {html.LINE}="{self.number}"'

    def _close(self) -> None:
        if self.open:
            words = _inline("\n".join(self.open)).replace("\n", "<br>")
            self.parts.append(f'<p {html.LINE}="{self.begin}">{words}</p>')
            self.open = []

    def _outdent(self, indent: int) -> None:
        """Close the lists that are further to the right."""
        while self.indents and self.indents[-1] > indent:
            self.indents.pop()
            self.parts.append("</li></ul>")

    def _item(self, indent: int, mark: str, words: str) -> None:
        self._outdent(indent)
        if self.indents and self.indents[-1] == indent:
            self.parts.append("</li>")
        elif len(self.indents) < 50:
            self.indents.append(indent)
            self.parts.append("<ul>")
        label = "" if mark in "-+" else mark
        self.parts.append(f'<li{self._at()} {html.MARK}="{label}">')
        self.begin = self.number
        self.open.append(words)

    def _block(self, lines: list[str], at: int, lower: str) -> int:
        """A block up to its end; 0 where it has none near."""
        name = re.match(r"#\+begin_(\w+)|\\begin\{([a-z*]+)\}|(\$\$)|(\\\[)", lower)
        if not name:
            return 0
        if name[3] or name[4] or name[2]:
            closing = f"\\end{{{name[2]}}}" if name[2] else "$$" if name[3] else "\\]"
            for end in range(at, min(len(lines), at + 200)):
                tail = lines[end].strip()[2 if end == at else 0 :]
                if closing in tail:
                    tex = "\n".join(lines[at : end + 1]).strip()
                    if not tex.endswith(closing):
                        return 0
                    self._close()
                    tex = tex if name[2] else tex[2:-2]
                    self.parts.append(f"<div{self._at()}>{_formula(tex, display=True)}</div>")
                    return end + 1
            return 0
        closing = f"#+end_{name[1]}"
        end = 0
        if closing not in self.endless:
            end = next((i for i in range(at, len(lines)) if lines[i].strip().lower() == closing), 0)
        if not end:
            self.endless.add(closing)
            return 0
        self._close()
        inside = lines[at + 1 : end]
        if name[1] in ("src", "example", "export"):
            self.parts.append(f"<pre{self._at()}>{escape(chr(10).join(inside))}</pre>")
        elif name[1] == "comment":
            self.parts.append(f'<p{self._at()} style="display:none">{escape(chr(10).join(inside))}</p>')
        else:
            tag = "blockquote" if name[1] in ("quote", "verse") else "div"
            inner = _Page(inside, self.number + 1) if "#+begin_" not in "\n".join(inside).lower() else None
            words = "".join(inner.parts) if inner else f"<p>{_inline(chr(10).join(inside))}</p>"
            self.parts.append(f"<{tag}>{words}</{tag}>")
        return end + 1

    def _keyword(self, bare: str) -> None:
        title = re.match(r"#\+title:[ \t]*(.*)", bare, re.IGNORECASE)
        if title:
            self.parts.append(f"<p{self._at()}><b>{_inline(title[1])}</b></p>")
        elif bare.strip("#"):
            self.parts.append(f'<p{self._at()} style="display:none">{escape(bare)}</p>')

    def _table(self, lines: list[str], at: int) -> int:
        rows = []
        end = at
        while end < len(lines) and lines[end].strip().startswith("|"):
            bare = lines[end].strip().strip("|")
            if not re.fullmatch(r"[-+|: ]+", bare):
                rows.append("".join(f"<td>{_inline(cell.strip())}</td>" for cell in bare.split("|")))
            end += 1
        self.parts.append(f"<table{self._at()}>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
        return end


def _formula(tex: str, *, display: bool) -> str:
    mode = "; mode=display" if display else ""
    return f'<script type="math/tex{mode}">{tex.replace("</", "< /")}</script>'


def _inline(text: str) -> str:
    parts = []
    for words, formula in maths.pieces(text):
        parts += [_styled(words), _formula(formula.tex, display=formula.display) if formula else ""]
    return "".join(parts)


def _styled(text: str) -> str:
    parts, at = [], 0
    for found in _EMPHASIS.finditer(text):
        parts.append(escape(text[at : found.start()]))
        at = found.end()
        if link := found["link"]:
            picture = _PICTURE.search(link) and not found["words"]
            parts.append("<img>" if picture else f'<a href="{escape(link)}">{escape(found["words"] or link)}</a>')
        else:
            tag = found.lastgroup or "b"
            parts.append(f"<{tag}>{escape(found[tag])}</{tag}>")
    parts.append(escape(text[at:]))
    return "".join(parts)


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:  # noqa: ARG001
    """The blocks of a file of Org."""
    return blocks_of(decode(raw, file), Source(file=file, line=1))
