"""LaTeX, as it is printed: without running it, and without losing what its reader doesn't know.

It reads tokens in one pass rather than a tree of pylatexenc, which drops what follows an unbalanced brace and recurses
as deep as a document asks; what commands print is that library's.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from grader.core.document import Block, Cell
from grader.core.source import Source
from grader.documents import latex_commands as commands
from grader.documents import maths
from grader.documents.format import Beside
from grader.documents.labels import number_as
from grader.documents.latex_macros import Macros
from grader.documents.maths import closing_brace
from grader.documents.text import decode
from grader.documents.writer import PLAIN, Style, Words, Writer

_TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z@]++\*?+)(?:[ \t]*\n?[ \t]*(?!\n))?|\\(?P<sign>.)|%(?P<comment>[^\n]*)\n?[ \t]*|(?P<dollar>\$\$?)"
    r"|(?P<brace>[{}])|(?P<break>\n[ \t]*\n\s*)|(?P<space>[~&])|(?P<words>[^\\%${}~&\n]+|\n|\\)",
    re.DOTALL,
)
_CUT = re.compile(
    r"%[^\n]*|\\(?:begin\s{0,9}\{(?P<environment>"
    + "|".join(map(re.escape, (*commands.VERBATIM, *commands.PICTURES, "comment")))
    + r")\}|(?P<iffalse>iffalse)(?![A-Za-z])|verb\*?(?P<verb>[^A-Za-z\s*])"
    r"|(?:lstinline|mintinline)(?:\[[^\]\n]{0,100}\])?(?:\{[a-z]{1,20}\}(?=[{|!]))?(?P<inline>[{|!+/])|.)",
    re.DOTALL,
)
_IF = re.compile(r"\\(?:(if[A-Za-z]*)|(fi)|(else))(?![A-Za-z])")
_BRACKET = re.compile(r"\s{0,20}\[((?:[^\[\]{}\n]|\{[^{}\n]{0,200}\}|\[[^\[\]\n]{0,100}\]){0,300})\]")
_GAP = re.compile(r"[ \t]*\n?[ \t]*")
_THE = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\*?(?:\{(\w+)\})?")
_FORMS = {"arabic": "1", "alph": "a", "Alph": "A", "roman": "i", "Roman": "I"}
_ENUMERATED = (("1", "{}."), ("a", "({})"), ("i", "{}."), ("A", "{}."))
_LABELS = ("labelenumi", "labelenumii", "labelenumiii", "labelenumiv")
_NAME = re.compile(r"\s{0,9}\{?\s{0,9}\\([A-Za-z@]{1,50})\s{0,9}\}?")
_TOKENS = re.compile(r"\\[A-Za-z]{1,30}Tok\{((?:[^{}\\]|\\.)*)\}")
_EXAM = {"questions": ("1", "{}."), "parts": ("a", "({})"), "subparts": ("i", "{}.")}
_MOST_INPUTS, _DEEPEST_INPUT = 50, 5
_MOST_ROWS, _MOST_COLUMNS = 5000, 200


@dataclass
class _List:
    name: str
    form: str = "1"
    pattern: str = "{}."
    number: int = 0


@dataclass
class _Item:
    mark: str
    level: int
    line: int
    written: bool = False


@dataclass
class _Place:
    """What a group or environment changes, until it ends."""

    style: Style = PLAIN
    quoted: bool = False
    lists: tuple[_List, ...] = ()
    item: _Item | None = None
    rows: list[list[Cell]] | None = None
    after: Callable[[], None] | None = None  # what is to be done where it ends
    name: str = "{"


@dataclass
class _Shared:
    """What the files of one document share."""

    beside: Beside
    macros: Macros = field(default_factory=Macros)
    counters: Counter[str] = field(default_factory=Counter)
    theorems: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # how counters are printed
    chapters: bool = False
    inputs: int = 0


def is_latex(text: str) -> bool:
    """Whether a text under another name is LaTeX through and through."""
    start = text[:200_000]
    if re.search(r"^[ \t]{0,20}\\(?:documentclass|begin\{document\})", start, re.MULTILINE):
        return True
    commanded = len(
        re.findall(r"^[ \t]{0,20}\\(?:(?:sub)*section|begin|end|item|paragraph|newpage|chapter)\b", start, re.MULTILINE)
    )
    marked = len(re.findall(r"^(?:#{1,6}[ \t]|```|[-*+][ \t]|\d{1,3}[.)][ \t])|\*\*", start, re.MULTILINE))
    sections = len(re.findall(r"^[ \t]{0,20}\\(?:sub)*(?:section|begin\{(?:enumerate|itemize)\})", start, re.MULTILINE))
    return sections > 0 and commanded > 2 * marked


def blocks_of(text: str, source: Source, beside: Beside = lambda _: None) -> tuple[Block, ...]:
    """The blocks of a document in LaTeX; `beside` gives the files that it puts in."""
    return _read(text, source, _Shared(beside), 0)


def _read(text: str, source: Source, shared: _Shared, depth: int) -> tuple[Block, ...]:
    return _Reader(text, source, shared, depth).read()


class _Reader:
    def __init__(self, text: str, source: Source, shared: _Shared, depth: int) -> None:
        self.out = Writer(source)
        self.shared, self.depth = shared, depth
        self.pieces: list[tuple[str, str]] = []
        text = shared.macros.put_in(shared.macros.learn(self._cut(text), _is_known))
        self.text = text
        self.lines = [found.start() for found in re.finditer("\n", text)]
        self.place = _Place()
        self.places: list[_Place] = []
        self.opened: Counter[str] = Counter()
        self.endless: set[str] = set()  # what ends nowhere below
        self.at = 0
        self.line = 1

    def read(self) -> tuple[Block, ...]:
        """One pass over the tokens."""
        self._skip_preamble()
        while self.at < len(self.text):
            found = _TOKEN.match(self.text, self.at)
            if not found:
                self.at += 1
                continue
            begin, self.at = self.at, found.end()
            kind = found.lastgroup
            if not self.out.words:
                self.line = self._line_of(begin)
            if kind == "words":
                self._say(found[0])
            elif kind == "command":
                self._command(found["command"], begin)
            elif kind == "sign":
                self._sign(found["sign"], begin)
            elif kind == "comment":
                if found["comment"].strip(" \t%-=*#"):
                    self.out.words.flow(f" {found['comment']} ", Style(hidden="a comment"))
            elif kind == "dollar":
                self._dollar(found["dollar"], begin)
            elif kind == "brace":
                if found[0] == "{":
                    self._push("{")
                else:
                    self._pop("{")
            elif kind == "break":
                self._end_block()
            elif found[0] == "&" and self.place.rows is not None:
                self._end_cell()
            else:
                self.out.words.flow(" ", self.place.style)
        while self.places:
            self._pop(self.place.name)
        self._end_block()
        return tuple(self.out.blocks)

    def runs(self) -> Cell:
        """The runs of a text that is one block, such as a title."""
        return tuple(run for block in self.read() for run in block.runs)

    # Before reading

    def _cut(self, text: str) -> str:
        """The text with a placeholder for what is no LaTeX: listings, pictures, what is commented out."""
        parts, at = [], 0
        while found := _CUT.search(text, at):
            begin = found.start()
            kind, end, inside = "", found.end(), ""
            if name := found["environment"]:
                stop = self._find(text, f"\\end{{{name}}}", end)
                if stop >= 0:
                    inside, end = text[end:stop], stop + len(name) + 6
                    kind = "comment" if name == "comment" else "picture" if name in commands.PICTURES else "code"
                    if name == "Highlighting":  # of pandoc, whose tokens are commands
                        inside = re.sub(
                            r"\\([^A-Za-z])", r"\1", _TOKENS.sub(r"\1", inside.replace("\\textbackslash{}", "\\\\"))
                        )
                    if kind == "code" and name in ("Highlighting", "lstlisting", "minted", "Verbatim", "filecontents"):
                        inside = re.sub(r"^(?:\[[^\]]{0,500}\])?(?:\{[^{}\n]{0,60}\})?", "", inside)
            elif found["iffalse"]:
                inside, end = _until_fi(text, end)
                kind = "comment"
            elif verb := found["verb"] or found["inline"]:
                stop = text.find({"{": "}"}.get(verb, verb), end, end + 1000)
                if stop >= 0 and "\n" not in text[end:stop]:
                    kind, inside, end = "verb", text[end:stop], stop + 1
            if kind:
                parts += [text[at:begin], f"\\gradercut{{{len(self.pieces)}}}", "%\n" * text.count("\n", begin, end)]
                self.pieces.append((kind, inside))
            else:
                parts.append(text[at:end])
            at = end
        parts.append(text[at:])
        return "".join(parts)

    def _find(self, text: str, what: str, start: int) -> int:
        """Where it stands next; what was looked for in vain is not looked for again."""
        key = f"{what} {id(text)}"
        if not hasattr(self, "endless"):
            self.endless = set()
        if key in self.endless:
            return -1
        place = text.find(what, start)
        if place < 0:
            self.endless.add(key)
        return place

    def _skip_preamble(self) -> None:
        begin = re.search(r"\\begin\s*\{document\}", self.text)
        preamble = self.text[: begin.start()] if begin else self.text
        self.shared.chapters |= bool(
            re.search(r"\\documentclass[^{]{0,200}\{(?:\w*book|\w*report|memoir|scrreprt)\}", preamble)
        )
        for found in re.finditer(r"\\newtheorem\*?\{(\w+)\}(?:\[\w+\])?\{([^{}]{1,60})\}", preamble):
            self.shared.theorems[found[1]] = found[2]
        if begin:
            for found in re.finditer(
                r"\\(setcounter|title|author|renewcommand|def)(?![A-Za-z])\*?\s*(?=[\\{])", preamble
            ):
                self.at = found.end()
                if found[1] in ("renewcommand", "def"):
                    self._redefine()
                else:
                    self._define(found[1])
            self.at = begin.end()

    # Words

    def _say(self, text: str) -> None:
        style = self.place.style
        if not style.code:
            text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
        self.out.words.flow(text, style)

    def _line_of(self, at: int) -> int:
        return bisect_right(self.lines, at - 1) + (self.out.source.line or 1)

    def _push(self, name: str, after: Callable[[], None] | None = None, **changes: object) -> None:
        self.places.append(self.place)
        self.opened[name] += 1
        self.place = replace(self.place, name=name, after=after, **changes)  # type: ignore[arg-type]

    def _pop(self, name: str) -> None:
        """End a group or environment, and what was left open in it. One that isn't open is not there."""
        if not self.opened[name]:
            return
        while self.places:
            ended = self.place.name
            if self.place.after:
                self.place.after()
            self.opened[ended] -= 1
            self.place = self.places.pop()
            if ended == name:
                return

    def _group(self) -> str | None:
        """The argument in braces that stands here, taken; None where there is none."""
        gap = _GAP.match(self.text, self.at)
        at = gap.end() if gap else self.at
        if not self.text.startswith("{", at):
            return None
        close = closing_brace(self.text, at)
        if close < 0:
            return None
        self.at = close + 1
        return self.text[at + 1 : close]

    def _brackets(self) -> str | None:
        found = _BRACKET.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        return found[1]

    def _open_argument(self, after: Callable[[], None] | None = None, **style: object) -> None:
        """What stands in the next braces is read in a style."""
        gap = _GAP.match(self.text, self.at)
        at = gap.end() if gap else self.at
        if self.text.startswith("{", at):
            self.at = at + 1
            self._push("{", after, style=self.place.style._replace(**style))  # type: ignore[arg-type]

    def _plain(self, tex: str) -> str:
        """What a short argument prints."""
        if not re.search(r"[\\${}~%]", tex):
            return " ".join(tex.split())
        if self.depth > 8:
            return " ".join(re.sub(r"\\[A-Za-z]+|[{}$]", " ", tex).split())
        runs = _Reader(
            tex, self.out.source, replace(self.shared, macros=Macros(), beside=lambda _: None), self.depth + 4
        ).runs()
        return "".join(f"${run.text}$" if run.formula else run.text for run in runs if not run.hidden).strip()

    # Commands

    def _command(self, name: str, begin: int) -> None:
        bare = name.rstrip("*")
        if bare in ("begin", "end"):
            environment = self._group()
            if environment is not None:
                (self._begin if bare == "begin" else self._end)(environment.strip(), begin)
        elif bare in commands.SECTIONS and not (bare in ("part", "section") and self._in_exam(bare)):
            self._heading(bare, starred=name.endswith("*"), begin=begin)
        elif bare in commands.SWITCHES:
            self.place = replace(self.place, style=self.place.style._replace(**commands.SWITCHES[bare]))  # type: ignore[arg-type]
        elif bare in commands.STYLES:
            self._brackets()
            self._open_argument(None, **commands.STYLES[bare])
        elif bare in _DOING:
            _DOING[bare](self, begin)
        elif bare in commands.LAST_SHOWN:
            self._last_shown(bare)
        elif bare in ("def", "renewcommand", "newcommand", "providecommand"):
            self._redefine()
        elif bare in commands.UNSEEN:
            while self._brackets() is not None:
                pass
            for _ in range(commands.UNSEEN[bare]):
                self._group()
                self._brackets()
        elif bare in ("setcounter", "addtocounter", "stepcounter", "refstepcounter", "title", "author", "date"):
            self._define(bare)
        elif commands.accent(bare) and len(bare) == 1:
            self._accent(commands.accent(bare))
        elif said := commands.symbol(bare):
            self._symbol(said)

    def _symbol(self, said: str) -> None:
        if said.isspace():
            self.out.words.flow(" ", self.place.style)
        else:
            self.out.words.flow(said, self.place.style)

    def _sign(self, sign: str, begin: int) -> None:
        if sign == "\\":
            self._brackets()
            if self.text.startswith("*", self.at):
                self.at += 1
            if self.place.rows is not None:
                self._end_row()
            else:
                self.out.words.line(self.place.style)
        elif sign in "([":
            self._formula_until("\\)" if sign == "(" else "\\]", display=sign == "[", begin=begin)
        elif accent := commands.accent(sign):
            self._accent(accent)
        elif sign == "\n":
            self.out.words.flow(" ", self.place.style)
        else:
            self._symbol(commands.symbol(sign)) if commands.symbol(sign) else None

    def _accent(self, accent: str) -> None:
        letter = self._group()
        if letter is None:
            letter = self.text[self.at : self.at + 1]
            self.at += 1
        letter = {"\\i": "i", "\\j": "j"}.get(letter.strip(), letter)
        self.out.words.flow(unicodedata.normalize("NFC", letter[:1] + accent) + letter[1:], self.place.style)

    def _heading(self, name: str, *, starred: bool, begin: int) -> None:
        self._brackets()
        title = self._group()
        if title is None:
            return
        self._end_block()
        mark = ""
        counters = self.shared.counters
        if name in commands.COUNTED and not starred:
            counters[name] += 1
            for below in commands.COUNTED[commands.COUNTED.index(name) + 1 :]:
                counters[below] = 0
            if commands.COUNTED.index(name) <= counters.get("secnumdepth", 3):
                mark = self._number(name)
        item = self.place.item
        if item and not item.written and item.mark and not mark:
            mark, item.written = item.mark, True
        level = commands.SECTIONS[name] + (self.shared.chapters and name not in ("part", "chapter"))
        runs = self._inner(title)
        if runs or mark:
            block = Block(kind="heading", runs=runs, level=level, mark=mark, source=self.out.at(self._line_of(begin)))
            self.out.blocks.append(block)

    def _inner(self, tex: str) -> Cell:
        """The runs of an argument that is short."""
        if not re.search(r"[\\${}~%`&-]", tex):
            words = Words()
            words.flow(tex)
            return words.take()
        if self.depth > 8:
            words = Words()
            words.flow(self._plain(tex))
            return words.take()
        return _Reader(tex, self.out.source, replace(self.shared, macros=Macros()), self.depth + 4).runs()

    def _number(self, name: str, seen: int = 0) -> str:
        """The number of a section as it is printed."""
        said = self.shared.labels.get(f"the{name}")
        if said and seen < 5:
            body = re.sub(r"\\the([a-z]+)", lambda inner: self._number(inner[1], seen + 1), said)
            return self._plain(self._counted(body))
        own = str(self.shared.counters[name])
        above = commands.COUNTED[: commands.COUNTED.index(name)] if name in commands.COUNTED else ()
        if not above or (name == "section" and not self.shared.chapters):
            return own
        return f"{self._number(above[-1], seen + 1) if seen < 5 else ''}.{own}"

    def _counted(self, body: str, number: int | None = None) -> str:
        """A label with the numbers that its counters print."""
        return _THE.sub(
            lambda form: number_as(self.shared.counters[form[2] or ""] if number is None else number, _FORMS[form[1]]),
            body,
        )

    def _define(self, name: str) -> None:
        first = self._group() or ""
        if name in ("title", "author", "date"):
            self.shared.titles[name] = first
            return
        counter = first.strip()
        value = "1" if "step" in name else (self._group() or "").strip()
        if re.match(r"-\s?\\max", value):  # as pandoc leaves sections without numbers
            value = "-99999"
        if not re.fullmatch(r"-?\d{1,6}", value):
            return
        listed = self._enumeration(counter)
        if listed:
            listed.number = int(value) + (listed.number if name != "setcounter" else 0)
        elif name == "setcounter":
            self.shared.counters[counter] = int(value)
        else:
            self.shared.counters[counter] += int(value)

    def _redefine(self) -> None:
        """How a counter is printed from here on; what else is defined anew stays what it is."""
        name = _NAME.match(self.text, self.at)
        if not name:
            return
        self.at = name.end()
        while self._brackets() is not None:
            pass
        body = self._group()
        if body is None or name[1] not in (*_LABELS, *(f"the{counter}" for counter in commands.COUNTED)):
            return
        self.shared.labels[name[1]] = body
        numbered = [each for each in self.place.lists if each.pattern]
        if name[1] in _LABELS and len(numbered) == _LABELS.index(name[1]) + 1:
            numbered[-1].pattern = body

    def _enumeration(self, counter: str) -> _List | None:
        depth = {"enumi": 0, "enumii": 1, "enumiii": 2, "enumiv": 3, "question": 0, "partno": 1}.get(counter)
        numbered = [each for each in self.place.lists if each.pattern]
        return numbered[depth] if depth is not None and depth < len(numbered) else None

    def _in_exam(self, name: str) -> bool:
        return name == "part" and any(each.name == "parts" for each in self.place.lists)

    def _item(self, begin: int) -> None:
        self._labelled(self._brackets(), begin)

    def _question(self, begin: int) -> None:
        """An item of an examination, where what stands in brackets is what it is worth."""
        points = self._brackets()
        self._labelled(None, begin)
        if points:
            self._say(f"({self._plain(points)}) ")

    def _labelled(self, label: str | None, begin: int) -> None:
        self._end_block()
        listed = self.place.lists[-1] if self.place.lists else None
        if label is not None:
            mark = self._plain(label)
        elif listed and listed.pattern:
            listed.number += 1
            mark = self._marked(listed)
        else:
            mark = ""
        self.line = self._line_of(begin)
        item = _Item(mark, max(1, len(self.place.lists)), self.line)
        self._in_list(item)

    def _in_list(self, item: _Item) -> None:
        """An item lasts until the next, or the end of its list, whatever group it began in."""
        self.place.item = item

    def _marked(self, listed: _List) -> str:
        if _THE.search(listed.pattern):
            return self._plain(self._counted(listed.pattern, listed.number))
        return self._plain(listed.pattern.replace("{}", number_as(listed.number, listed.form)))

    def _last_shown(self, name: str) -> None:
        option = self._brackets()
        first = ""
        for _ in range(commands.LAST_SHOWN[name]):
            first = self._group() or first
            self._brackets()
        if name in ("textcolor",) and maths.is_white(first) and option != "named-other":
            self._open_argument(hidden="white text")
        elif name == "href":
            self._open_argument(link=self._plain(first)[:2000])
        else:
            self._open_argument()
        if name == "texorpdfstring":
            self.place.after = self._drop_group

    def _drop_group(self) -> None:
        self._group()

    def _colour(self, _: int) -> None:
        self._brackets()
        if maths.is_white(self._group() or ""):
            self.place = replace(self.place, style=self.place.style._replace(hidden="white text"))

    def _footnote(self, _: int) -> None:
        self._brackets()
        self._say(" (")
        self._open_argument(lambda: self.out.words.flow(") ", self.place.style))

    def _link(self, _: int) -> None:
        address = self._group() or ""
        self.out.words.flow(address, self.place.style._replace(link=address[:2000]))

    def _graphics(self, _: int) -> None:
        self._brackets()
        self._group()
        self._figure()

    def _figure(self) -> None:
        if self.place.rows is not None:
            return
        self._end_block()
        self._open_item()
        self.out.end("figure", self.line, keep=True)

    def _caption(self, begin: int) -> None:
        self._brackets()
        title = self._group()
        if title:
            rows, self.place.rows = self.place.rows, None
            words, self.out.words = self.out.words, Words()
            self.out.blocks.append(
                Block(kind="paragraph", runs=self._inner(title), source=self.out.at(self._line_of(begin)))
            )
            self.place.rows, self.out.words = rows, words

    def _maketitle(self, begin: int) -> None:
        self._end_block()
        for name in ("title", "author"):
            if said := self.shared.titles.get(name, "").strip():
                bold = name == "title"
                runs = tuple(run.model_copy(update={"bold": run.bold or bold}) for run in self._inner(said))
                if runs:
                    self.out.blocks.append(Block(kind="paragraph", runs=runs, source=self.out.at(self._line_of(begin))))

    def _multicolumn(self, _: int) -> None:
        count = (self._group() or "1").strip()
        self._group()
        wide = int(count) if re.fullmatch(r"\d{1,2}", count) else 1

        def fill() -> None:
            if self.place.rows is not None:
                self._spans = wide - 1

        self._open_argument(fill)

    _spans = 0

    def _paste(self, begin: int) -> None:
        """Another file of the submission, put in here."""
        name = (self._group() or "").strip()
        if not name:
            return
        self._end_block()
        self.shared.inputs += 1
        raw = None
        if self.depth < _DEEPEST_INPUT and self.shared.inputs <= _MOST_INPUTS:
            names = [name] if name.lower().endswith((".tex", ".ltx", ".txt")) else [f"{name}.tex", name]
            found = ((each, self.shared.beside(each)) for each in names)
            name, raw = next(((each, content) for each, content in found if content is not None), (name, None))
        if raw is None:
            self.out.words.add(f"the file {name[:200]}, which is put in here and was not found")
            self.out.end("unread", self._line_of(begin))
        else:
            self.out.blocks += _read(decode(raw, name), Source(file=name, line=1), self.shared, self.depth + 1)

    def _cut_piece(self, begin: int) -> None:
        number = self._group() or ""
        if not (number.isdigit() and len(number) < 8 and int(number) < len(self.pieces)):
            return
        kind, inside = self.pieces[int(number)]
        if kind == "comment":
            self.out.words.flow(f" {inside} ", Style(hidden="a comment"))
        elif kind == "verb":
            self.out.words.add(inside, self.place.style._replace(code=True))
        elif kind == "code" and self.place.rows is None:
            self._end_block()
            self._open_item()
            above = len(inside) - len(inside.lstrip("\n"))
            self.out.words.add(inside.strip("\n"), Style(code=True, hidden=self.place.style.hidden))
            self.out.end("code", self._line_of(begin) + above, strip=False)
        elif kind == "picture":
            self._figure()
        else:
            self.out.words.add(inside, self.place.style._replace(code=True))

    def _paragraph(self, _: int) -> None:
        if self.place.rows is None:
            self._end_block()
        else:
            self.out.words.line()

    def _new_line(self, _: int) -> None:
        self.out.words.line(self.place.style)

    def _new_row(self, _: int) -> None:
        if self.place.rows is not None:
            self._brackets()
            self._end_row()

    # Formulas

    def _dollar(self, mark: str, begin: int) -> None:
        if mark == "$$" and self._formula_until("$$", display=True, begin=begin):
            return
        self.at = begin + 1
        if not self._formula_until("$", display=False, begin=begin):
            self.at = begin + len(mark)
            self.out.words.flow(mark, self.place.style)

    def _formula_until(self, closing: str, *, display: bool, begin: int) -> bool:
        """Read up to where the formula ends; where it doesn't, it is read as words."""
        opening = self.at
        if closing in self.endless:
            return False
        at = opening
        while True:
            stop = self.text.find(closing, at)
            if stop < 0:
                self.endless.add(closing)
                return False
            if closing[0] == "$" and _escaped(self.text, stop):
                at = stop + 1
                continue
            break
        tex = self.text[opening:stop]
        if stop - opening > 20_000 or (closing == "$" and re.search(r"\n[ \t]*\n", tex)):
            return False
        self.at = stop + len(closing)
        self._formula(tex, display=display, begin=begin)
        return True

    def _formula(self, tex: str, *, display: bool, begin: int) -> None:
        style = self.place.style
        for number, part in enumerate(maths.parts(self._pasted(tex))):
            own = style._replace(struck=style.struck or part.struck, hidden=style.hidden or part.hidden)
            if number and not display:
                self.out.words.flow(" ")
            if not display or self.place.rows is not None or part.hidden:
                self.out.words.formula(part.tex, own)
            else:
                self._end_block()
                self._open_item()
                self.out.words.formula(part.tex, own)
                self.out.end("quotation" if self.place.quoted else "formula", self._line_of(begin))

    def _pasted(self, tex: str) -> str:
        return re.sub(
            r"\\gradercut\{(\d{1,7})\}",
            lambda cut: self.pieces[int(cut[1])][1] if self.pieces[int(cut[1])][0] == "verb" else "",
            tex,
        )

    # Environments

    def _begin(self, name: str, begin: int) -> None:
        if name in commands.FORMULAS:
            stop = self._find(self.text, f"\\end{{{name}}}", self.at)
            if 0 <= stop - self.at <= 20_000:
                inside = self.text[self.at : stop]
                self.at = stop + len(name) + 6
                if name in ("math", "math*"):
                    self._formula(inside, display=False, begin=begin)
                else:
                    self._formula(f"\\begin{{{name}}}{inside}\\end{{{name}}}", display=True, begin=begin)
                return
        if name in commands.TABLES:
            self._begin_table(name, begin)
        elif name in commands.LISTS:
            self._begin_list(name)
        elif name in self.shared.theorems or name in commands.PROBLEMS:
            self._begin_problem(name, begin)
        else:
            if self.place.rows is None:
                self._end_block()
            if name in (
                "figure",
                "table",
                "figure*",
                "table*",
                "wrapfigure",
                "subfigure",
                "minipage",
                "multicols",
                "adjustbox",
            ):
                self._brackets()
                while self._group() is not None:
                    pass
            quoted = self.place.quoted or name in commands.QUOTATIONS
            self._push(name, None, quoted=quoted)

    def _end(self, name: str, begin: int) -> None:
        if name == "document":
            self._end_block()
            rest = re.sub(r"\s+", " ", self.text[self.at :]).strip()
            if rest:
                self.out.words.add(rest[:200_000], Style(hidden="after the end of the document"))
                self.out.end("paragraph", self._line_of(begin))
            self.at = len(self.text)
            return
        if self.place.rows is None:
            self._end_block()
        if self.opened[name]:
            self._pop(name)
            self._end_block() if self.place.rows is None else None

    def _begin_table(self, name: str, begin: int) -> None:
        for _ in range(commands.TABLES[name]):
            self._brackets()
            self._group()
        if self.place.rows is not None:
            self._push(name, rows=None)  # a table in a cell is words of the cell
            self.place.rows = [[]]
            outer = self.places[-1].rows
            words, self.out.words = self.out.words, Words()

            def join() -> None:
                self._end_cell()
                inner = [run for row in self.place.rows or [] for cell in row for run in (*cell, *_SPACE)]
                self.out.words = words
                for run in inner:
                    if run.formula:
                        self.out.words.formula(run.text)
                    else:
                        self.out.words.flow(
                            f" {run.text} ", Style(run.code, run.bold, run.italic, run.struck, run.hidden, run.link)
                        )

            assert outer is not None
            self.place.after = join
            return
        self._end_block()
        self._open_item()
        line = self._line_of(begin)
        self._push(name, rows=[[]])

        def write() -> None:
            if self.out.words:
                self._end_cell()
            rows = [row for row in self.place.rows or [] if any(row)]
            for first in range(0, len(rows), _MOST_ROWS):  # one that is longer goes on as another
                self.out.table(rows[first : first + _MOST_ROWS], line)

        self.place.after = write

    def _end_cell(self) -> None:
        rows = self.place.rows
        if rows is not None:
            if len(rows[-1]) >= _MOST_COLUMNS:  # a longer row goes on below
                rows.append([])
            rows[-1].append(self.out.words.take())
            rows[-1] += [()] * min(self._spans, 100)
            self._spans = 0

    def _end_row(self) -> None:
        self._end_cell()
        if self.place.rows is not None:
            self.place.rows.append([])

    def _begin_list(self, name: str) -> None:
        self._end_block()
        option = self._brackets() or ""
        bare = name.rstrip("*")
        listed = _List(bare, pattern="")
        if bare in ("enumerate", "compactenum", "tasks"):
            depth = sum(bool(each.pattern) for each in self.place.lists)
            listed.form, listed.pattern = _ENUMERATED[min(depth, 3)]
            given = self.shared.labels.get(_LABELS[min(depth, 3)])
            if given:
                listed.pattern = given
            _label_list(listed, option, self.shared.counters)
        elif bare in _EXAM:
            listed.form, listed.pattern = _EXAM[bare]
        counters = self.shared.counters
        self._push(name, lists=(*self.place.lists[-20:], listed), item=None)

        def remember() -> None:
            self._end_block()
            self._open_item()
            counters[f"resumed {len(self.place.lists)}"] = listed.number

        self.place.after = remember

    def _begin_problem(self, name: str, begin: int) -> None:
        """A problem of a template: its argument is its label, or LaTeX counts."""
        self._end_block()
        title, label = self._brackets(), None
        if name not in self.shared.theorems:
            label = self._group()
            title = title if title is not None else self._brackets()
        said = self.shared.theorems.get(name) or commands.PROBLEMS[name]
        if name in self.shared.theorems:
            self.shared.counters[name] += 1
            label = str(self.shared.counters[name])
        title, label = (self._plain(part or "") for part in (title, label))
        if not label and re.fullmatch(r"\(?\d{1,2}[A-Za-z]?[.)]?|[A-Za-z][.)]?|[ivxIVX]{1,4}", title):
            title, label = "", title
        words = " ".join(part for part in (said, label) if part)
        if said.lower() in label.lower():
            words = label
        if title:
            words = (
                title
                if not label and said.lower() in title.lower()
                else f"{words} ({title})"
                if label
                else f"{words}: {title}"
            )
        self.out.words.add(words)
        self.out.end("heading", self._line_of(begin), level=2)
        self._push(name, None, item=None)

    # Blocks

    def _end_block(self) -> None:
        if self.place.rows is not None:
            self.out.words.line()
            return
        item = self.place.item
        if not self.out.words:
            self.out.words.take()
        elif item and not item.written:
            self._write_item(item)
        else:
            self.out.end("quotation" if self.place.quoted else "paragraph", self.line)

    def _open_item(self) -> None:
        item = self.place.item
        if item and not item.written and item.mark:
            words, self.out.words = self.out.words, Words()
            self._write_item(item)
            self.out.words = words

    def _write_item(self, item: _Item) -> None:
        item.written = True
        self.out.end("item", item.line, level=item.level, mark=item.mark, keep=bool(item.mark))


_SPACE: Cell = ()

_DOING: dict[str, Callable[[_Reader, int], None]] = {
    "item": _Reader._item,
    **dict.fromkeys(("question", "part", "subpart", "task"), _Reader._question),
    **dict.fromkeys(("input", "include", "subfile"), _Reader._paste),
    **dict.fromkeys(
        ("par", "newpage", "clearpage", "pagebreak", "bigskip", "medskip", "smallskip", "hrule"), _Reader._paragraph
    ),
    **dict.fromkeys(("newline", "linebreak"), _Reader._new_line),
    "tabularnewline": _Reader._new_row,
    "color": _Reader._colour,
    "footnote": _Reader._footnote,
    "url": _Reader._link,
    "includegraphics": _Reader._graphics,
    "caption": _Reader._caption,
    "maketitle": _Reader._maketitle,
    "multicolumn": _Reader._multicolumn,
    "gradercut": _Reader._cut_piece,
}


def _is_known(name: str) -> bool:
    """Whether a command keeps its meaning where an author's preamble defines it anew."""
    known = (commands.STYLES, commands.SECTIONS, commands.SWITCHES, commands.LAST_SHOWN, _DOING, _LABELS)
    own = ("question", "part", "subpart", "task")
    return name not in own and (any(name in each for each in known) or name.startswith(("the", "labelenum")))


def _escaped(text: str, at: int) -> bool:
    """Whether an odd number of backslashes stands before."""
    begin = at
    while begin > 0 and text[begin - 1] == "\\":
        begin -= 1
    return (at - begin) % 2 == 1


def _until_fi(text: str, start: int) -> tuple[str, int]:
    """What `\\iffalse` leaves out, and where it ends: at its own `\\fi` or `\\else`, or with the text."""
    depth = 1
    for found in _IF.finditer(text, start):
        depth += 1 if found[1] else -1 if found[2] else 0
        if depth == 0 or (depth == 1 and found[3]):
            return text[start : found.start()], found.end()
    return text[start:], len(text)


def _label_list(listed: _List, option: str, counters: Counter[str]) -> None:
    """The options of a list say how it counts."""
    if start := re.search(r"start\s*=\s*(\d{1,4})", option):
        listed.number = int(start[1]) - 1
    elif re.search(r"\bresume\b", option):
        listed.number = counters["resumed 1"]
    if label := re.search(
        r"label\s*=\s*((?:\{(?:[^{}]|\{[^{}]{0,100}\}){0,100}\}|[^,{}]|\{[^{}]{0,100}\}){1,100})", option
    ):
        said = label[1].strip()
        listed.pattern = re.sub(
            _THE, lambda form: f"\\{form[1]}*", said[1:-1] if said.startswith("{") and said.endswith("}") else said
        )
    elif option and "=" not in option and (short := re.search(r"(?<![A-Za-z{])[1aAiI](?![A-Za-z}])", option)):
        listed.form = short[0]
        listed.pattern = f"{option[: short.start()]}{{}}{option[short.end() :]}"


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:
    """The blocks of a file of LaTeX, with those of the files that it puts in."""
    return blocks_of(decode(raw, file), Source(file=file, line=1), beside)
