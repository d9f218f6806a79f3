"""Code and text as streams of tokens that renaming, reformatting and rewording of comments leave as they are."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, _TokenType

from grader.alike.record import Piece

MOST = 400_000  # characters of the code, and as many of the texts, of one hand-in; honest ones have a tenth
_LONGEST_LINE = 5_000  # longer ones are data, and lexers are slow on them
_MAGIC = re.compile(r"[ \t]*[%!?]")
# Scripts without spaces between words are read character by character.
_WORD = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
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
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    taken, cut = _capped(pieces)
    lexed = [list(_lexed(lexer, text)) for text in taken]
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


_Lexed = tuple[_TokenType, str, int]


def _lexed(lexer: PythonLexer, text: str) -> Iterator[_Lexed]:
    """The tokens of a cell without comments, spaces, imports and magics, with their lines."""
    kept = (line if len(line) <= _LONGEST_LINE and not _MAGIC.match(line) else "" for line in lines_of(text))
    plain = "\n".join(kept)
    line, depth, begins, importing = 1, 0, True, False
    for _, kind, value in lexer.get_tokens_unprocessed(plain):
        here = line
        line += value.count("\n")
        if kind in Comment or kind in String.Doc or value in ("\\\n", ";"):
            continue
        if not value.strip() and kind not in String:
            if "\n" in value and not depth:
                begins, importing = True, False
            continue
        depth = max(0, depth + (value in _OPEN) - (value in _CLOSE)) if kind in Punctuation else depth
        importing = importing or (begins and value in ("import", "from"))
        begins = False
        if not importing:
            yield kind, value, here


def _own_attributes(pieces: Iterable[Sequence[_Lexed]]) -> set[str]:
    """The attributes that this code itself gives names: those of self, and its methods."""
    own = set()
    for tokens in pieces:
        before = ("", "")
        for _, value, _ in tokens:
            if before == ("self", ".") or before[1] == "def":
                own.add(value)
            before = (before[1], value)
    return own


def _normalised(tokens: Sequence[_Lexed], own: set[str]) -> Iterator[Token]:
    before, depth = "", 0
    signature: int | None = None  # the depth that a def's parentheses stand at
    for index, (kind, value, line) in enumerate(tokens):
        after = tokens[index + 1][1] if index + 1 < len(tokens) else ""
        if kind in String:
            if before == _STRING:
                continue
            symbol = _STRING
        elif kind in Number:
            symbol = _NUMBER
        elif kind in Name.Decorator:
            symbol = value
        elif kind in Name:
            called = kind in Name.Builtin and after == "("
            setting = after == "=" and depth > 0 and signature is None
            attribute = before == "." and value not in own
            symbol = value if called or setting or attribute else _NAME
        elif value == "," and after in _CLOSE:
            continue
        else:
            symbol = value
        if kind in Keyword and value == "def":
            signature = depth
        elif kind in Punctuation or kind in Operator:
            depth = max(0, depth + (value in _OPEN) - (value in _CLOSE))
            if signature is not None and value in _CLOSE and depth <= signature:
                signature = None
        yield symbol, line
        before = symbol
