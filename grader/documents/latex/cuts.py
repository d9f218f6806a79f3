"""What is no LaTeX is cut out before tokens are read: listings, pictures, what is commented out."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from grader.documents.latex import commands
from grader.documents.latex.tokens import Finder

PieceKind = Literal["code", "verb", "picture", "comment"]
PLACEHOLDER = "gradercut"  # the command that stands where a piece was, with its number

_CUT = re.compile(
    r"%[^\n]*|\\(?:begin\s{0,9}\{(?P<environment>"
    + "|".join(map(re.escape, (*commands.VERBATIM, *commands.PICTURES, "comment")))
    + r")\}|(?P<iffalse>iffalse)(?![A-Za-z])|verb\*?(?P<verb>[^A-Za-z\s*])"
    r"|(?:lstinline|mintinline)(?:\[[^\]\n]{0,100}\])?(?:\{[a-z]{1,20}\}(?=[{|!]))?(?P<inline>[{|!+/])|.)",
    re.DOTALL,
)
_IF = re.compile(r"\\(?:(if[A-Za-z]*)|(fi)|(else))(?![A-Za-z])")
_HIGHLIGHTED = re.compile(r"\\[A-Za-z]{1,30}Tok\{((?:[^{}\\]|\\.)*)\}")
_OPTIONS = re.compile(r"(?:\[[^\]]{0,500}\])?(?:\{[^{}\n]{0,60}\})?")
_WITH_OPTIONS = frozenset({"Highlighting", "lstlisting", "minted", "Verbatim", "filecontents"})
_LONGEST_INLINE = 1000


class Piece(NamedTuple):
    """What was cut out, as it is written."""

    kind: PieceKind
    text: str


def cut(text: str) -> tuple[str, tuple[Piece, ...]]:
    """(the text with a placeholder for each piece that is no LaTeX, its lines where they were; the pieces)."""
    finder = Finder(text)
    parts: list[str] = []
    pieces: list[Piece] = []
    at = 0
    while found := _CUT.search(text, at):
        piece, end = _piece(text, found, finder)
        if piece:
            lines = text.count("\n", found.start(), end)
            parts += [text[at : found.start()], f"\\{PLACEHOLDER}{{{len(pieces)}}}", "%\n" * lines]
            pieces.append(piece)
        else:
            parts.append(text[at:end])
        at = end
    parts.append(text[at:])
    return "".join(parts), tuple(pieces)


def piece_of(pieces: Sequence[Piece], number: str) -> Piece | None:
    """The piece of a placeholder's number; None for a number that no placeholder has."""
    known = number.isascii() and number.isdigit() and len(number) < 8 and int(number) < len(pieces)
    return pieces[int(number)] if known else None


def with_verbatim(tex: str, pieces: Sequence[Piece]) -> str:
    """LaTeX with the words of `\\verb` where they were, and nothing for other pieces."""

    def text(placeholder: re.Match[str]) -> str:
        piece = piece_of(pieces, placeholder[1])
        return piece.text if piece and piece.kind == "verb" else ""

    return re.sub(rf"\\{PLACEHOLDER}\{{(\d{{1,7}})\}}", text, tex)


def _piece(text: str, found: re.Match[str], finder: Finder) -> tuple[Piece | None, int]:
    """(the piece that begins here, if one does; where what begins here ends)."""
    end = found.end()
    if name := found["environment"]:
        stop = finder.find(f"\\end{{{name}}}", end)
        if stop >= 0:
            return _environment(name, text[end:stop]), stop + len(f"\\end{{{name}}}")
    elif found["iffalse"]:
        inside, end = _until_fi(text, end)
        return Piece("comment", inside), end
    elif verb := found["verb"] or found["inline"]:
        stop = text.find({"{": "}"}.get(verb, verb), end, end + _LONGEST_INLINE)
        if stop >= 0 and "\n" not in text[end:stop]:
            return Piece("verb", text[end:stop]), stop + 1
    return None, end


def _environment(name: str, inside: str) -> Piece:
    if name == "comment":
        return Piece("comment", inside)
    if name in commands.PICTURES:
        return Piece("picture", inside)
    if name == "Highlighting":  # of pandoc, whose tokens are commands
        inside = _HIGHLIGHTED.sub(r"\1", inside.replace("\\textbackslash{}", "\\\\"))
        inside = re.sub(r"\\([^A-Za-z])", r"\1", inside)
    return Piece("code", _OPTIONS.sub("", inside, count=1) if name in _WITH_OPTIONS else inside)


def _until_fi(text: str, start: int) -> tuple[str, int]:
    """What `\\iffalse` leaves out, and where it ends: at its own `\\fi` or `\\else`, or with the text."""
    depth = 1
    for found in _IF.finditer(text, start):
        depth += 1 if found[1] else -1 if found[2] else 0
        if depth == 0 or (depth == 1 and found[3]):
            return text[start : found.start()], found.end()
    return text[start:], len(text)
