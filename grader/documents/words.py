"""The words of one block or cell as they are gathered: pieces in one style become one run."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from grader.core.document import Run
from grader.documents.text import visible

_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|o|a)\Z", re.IGNORECASE)


class Style(NamedTuple):
    """How words are shown, as in `Run`; `raised` is 1 for words at the head of a line and -1 at its foot."""

    code: bool = False
    bold: bool = False
    italic: bool = False
    struck: bool = False
    hidden: str = ""
    link: str = ""
    raised: int = 0


PLAIN = Style()


class _Piece(NamedTuple):
    texts: list[str]
    style: Style
    formula: bool = False


class Words:
    """The runs of one block or cell, as they come."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []
        self._ended = True  # whether a space here would show

    def add(self, text: str, style: Style = PLAIN) -> None:
        """Words as they are written."""
        self._append(visible(text), style)

    def flow(self, text: str, style: Style = PLAIN) -> None:
        """Words whose spaces and lines don't matter: each gap is one space."""
        text = visible(text)
        flat = " ".join(text.split())
        if text[:1].isspace() and not self._ended:
            flat = f" {flat}"
        if flat.strip() and text[-1:].isspace():
            flat = f"{flat} "
        self._append(flat, style)

    def formula(self, tex: str, style: Style = PLAIN) -> None:
        """A formula in the line."""
        tex = " ".join(visible(tex).split())
        if tex:
            self._pieces.append(_Piece([tex], style._replace(code=False, raised=0), formula=True))
            self._ended = False

    def line(self, style: Style = PLAIN) -> None:
        """A new line begins, unless one has just begun."""
        if self._pieces and not (self._pieces[-1].texts[-1].endswith("\n") and not self._pieces[-1].formula):
            self._append("\n", style)

    def extend(self, runs: Sequence[Run]) -> None:
        """Runs that were taken elsewhere."""
        for run in runs:
            self._pieces.append(_Piece([run.text], style_of(run), run.formula))
            self._ended = False

    def _append(self, text: str, style: Style) -> None:
        if not text:
            return
        if self._pieces and self._pieces[-1][1:] == (style, False):
            self._pieces[-1].texts.append(text)
        else:
            self._pieces.append(_Piece([text], style))
        if not style.hidden:
            self._ended = text[-1] in " \n"

    def take(self, *, strip: bool = True) -> tuple[Run, ...]:
        """The runs so far, without spaces at both ends; the next ones begin anew."""
        pieces, self._pieces, self._ended = self._pieces, [], True
        texts = ["".join(piece.texts) for piece in pieces]
        for i, piece in enumerate(pieces):
            if piece.style.raised:
                texts[i] = _script(texts[i], piece.style.raised, texts[i - 1] if i else "")
        if strip:
            _strip(texts, [piece.formula for piece in pieces])
        return tuple(_run(text, piece.style, piece.formula) for text, piece in zip(texts, pieces, strict=True) if text)

    def __bool__(self) -> bool:
        return any(piece.formula or any(text.strip() for text in piece.texts) for piece in self._pieces)


def style_of(run: Run) -> Style:
    """How a run is shown."""
    return Style(run.code, run.bold, run.italic, run.struck, run.hidden, run.link)


def _run(text: str, style: Style, formula: bool) -> Run:
    return Run(
        text=text,
        formula=formula,
        code=style.code,
        bold=style.bold,
        italic=style.italic,
        struck=style.struck,
        hidden=style.hidden,
        link=style.link,
    )


def _script(text: str, raised: int, before: str) -> str:
    """Raised words as they are typed in a line: 10^{-3}. The letters of an ordinal are only decoration."""
    words = text.strip()
    if not words or (raised > 0 and before[-1:].isdigit() and _ORDINAL.match(words)):
        return text
    inside = words if len(words) == 1 else f"{{{words}}}"
    return f"{'^' if raised > 0 else '_'}{inside}{' ' * text[-1].isspace()}"


def _strip(texts: list[str], formulas: list[bool]) -> None:
    for order, strip in ((range(len(texts)), str.lstrip), (range(len(texts) - 1, -1, -1), str.rstrip)):
        for i in order:
            if formulas[i]:
                break
            texts[i] = strip(texts[i])
            if texts[i]:
                break
