"""Code and text as streams of tokens that renaming, reformatting and rewording of comments leave as they are."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.alike.record import Piece

MOST = 200_000  # characters of the code, and as many of the texts, of one hand-in; honest ones have a tenth
_LONGEST_LINE = 5_000  # longer ones are data
_MAGIC = re.compile(r"[ \t]*[%!?]")
# Scripts without spaces between words are read character by character.
_WORD = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
# Python as far as it is needed here, whether or not it is valid; each alternative ends where it can't go on, so that
# any text takes a time that grows with its length alone.
_TOKEN = re.compile(
    r"""(?P<string>(?i:[rbuft]{0,2})(?:'{3}(?s:\\.|(?!'{3}).)*+(?:'{3})?|"{3}(?s:\\.|(?!"{3}).)*+(?:"{3})?
    |'(?:\\(?s:.)|[^'\\\n])*+'?|"(?:\\(?s:.)|[^"\\\n])*+"?))
    |(?P<number>\d[\w.]*+)|(?P<unseen>\#[^\n]*+|\\\n|;|[^\S\n]++)
    |[^\W\d]\w*+|\n|[-+*/%@&|^<>=!:]=|->|\*\*|//|<<|>>|.""",
    re.VERBOSE,
)
_KEYWORDS = frozenset((*keyword.kwlist, "match", "case"))
_BUILTINS = frozenset(dir(builtins))
_NAME, _STRING, _NUMBER = "v", "'", "0"
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")

Token = tuple[str, int]


class Stream(NamedTuple):
    """The tokens of a hand-in, one piece after another: each as a hash, with its piece and its line there from 1."""

    symbols: NDArray[np.uint64]
    pieces: NDArray[np.int32]
    lines: NDArray[np.int32]
    cut: bool


def code_stream(pieces: Sequence[Piece]) -> Stream:
    """Code up to names, values, comments, layout and imports.

    What a library calls its methods and settings stays: students can't rename that.
    """
    taken, cut = _capped(pieces)
    lexed = [list(_lexed(text)) for text in taken]
    own = _own_attributes(lexed)
    return _stream((_normalised(tokens, own) for tokens in lexed), cut)


def text_stream(pieces: Sequence[Piece]) -> Stream:
    """Words whatever their case, punctuation and spaces."""
    taken, cut = _capped(pieces)
    return _stream((_words(text) for text in taken), cut)


def lines_of(text: str) -> list[str]:
    """The lines that tokens count."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _capped(pieces: Sequence[Piece]) -> tuple[list[str], bool]:
    """(the texts of the pieces as far as they are read, whether that is not all)."""
    left, cut, taken = MOST, False, []
    for piece in pieces:
        cut |= len(piece.text) > left
        taken.append(piece.text[:left])
        left -= len(taken[-1])
    return taken, cut


def _stream(pieces: Iterable[Iterable[Token]], cut: bool) -> Stream:
    known: dict[str, int] = {}
    symbols, places, lines = [], [], []
    for number, tokens in enumerate(pieces):
        for symbol, line in tokens:
            if (value := known.get(symbol)) is None:
                digest = blake2b(symbol.encode("utf-8", "replace"), digest_size=8).digest()
                value = known[symbol] = int.from_bytes(digest, "little")
            symbols.append(value)
            places.append(number)
            lines.append(line)
    return Stream(np.array(symbols, np.uint64), np.array(places, np.int32), np.array(lines, np.int32), cut)


def _words(text: str) -> Iterator[Token]:
    for number, line in enumerate(lines_of(text), 1):
        for word in _WORD.findall(unicodedata.normalize("NFKC", line).casefold()):
            yield word, number


def _lexed(text: str) -> Iterator[Token]:
    """The tokens of a cell without comments, spaces, imports and magics, with their lines."""
    kept = (line if len(line) <= _LONGEST_LINE and not _MAGIC.match(line) else "" for line in lines_of(text))
    line, depth, begins, importing = 1, 0, True, False
    for match in _TOKEN.finditer("\n".join(kept)):
        value, here = match[0], line
        if value == "\n":
            line += 1
            if not depth:
                begins, importing = True, False
            continue
        if match.lastgroup == "string":
            line += value.count("\n")
            if begins:  # it is a remark: nothing is done with it
                continue
            value = _STRING
        elif match.lastgroup == "number":
            value = _NUMBER
        elif match.lastgroup == "unseen":
            line += value.count("\n")
            continue
        depth = max(0, depth + (value in _OPEN) - (value in _CLOSE))
        importing = importing or (begins and value in ("import", "from"))
        begins = False
        if not importing:
            yield value, here


def _own_attributes(pieces: Iterable[Sequence[Token]]) -> set[str]:
    """The attributes that this code itself gives names: those of self, and its methods."""
    own = set()
    for tokens in pieces:
        before = ("", "")
        for value, _ in tokens:
            if before == ("self", ".") or before[1] == "def":
                own.add(value)
            before = (before[1], value)
    return own


def _normalised(tokens: Sequence[Token], own: set[str]) -> Iterator[Token]:
    before, depth = "", 0
    signature: int | None = None  # the depth that a def's parentheses stand at
    for index, (value, line) in enumerate(tokens):
        after = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        if (value == "," and after in _CLOSE) or value == before == _STRING:
            continue
        symbol = value
        if _is_name(value):
            called = value in _BUILTINS and after == "("
            setting = after == "=" and depth > 0 and signature is None
            attribute = before == "." and value not in own
            symbol = value if called or setting or attribute else _NAME
        elif value == "def":
            signature = depth
        depth = max(0, depth + (value in _OPEN) - (value in _CLOSE))
        if signature is not None and value in _CLOSE and depth <= signature:
            signature = None
        yield symbol, line
        before = symbol


def _is_name(value: str) -> bool:
    return (value[0].isalpha() or value[0] == "_") and value not in _KEYWORDS
