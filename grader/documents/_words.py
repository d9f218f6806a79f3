"""The words of one paragraph of an office document as they are gathered: pieces in one style become one run."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from grader.core.document import Run

# What has no width; and spaces that are only somewhat narrower.
_UNSEEN: dict[int, str | None] = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)])
_UNSEEN |= {**dict.fromkeys([0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF]), 0xA0: " ", 0x202F: " "}
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


class Words:
    """The runs of a paragraph or cell, as they come."""

    def __init__(self) -> None:
        self._pieces: list[tuple[list[str], Style, bool]] = []

    def add(self, text: str, style: Style) -> None:
        """Words as they are written."""
        text = text.translate(_UNSEEN)
        if not text:
            return
        if self._pieces and self._pieces[-1][1:] == (style, False):
            self._pieces[-1][0].append(text)
        else:
            self._pieces.append(([text], style, False))

    def formula(self, latex: str, style: Style) -> None:
        """A formula in the line."""
        if latex:
            self._pieces.append(([latex], style._replace(code=False, raised=0), True))

    def extend(self, runs: Sequence[Run]) -> None:
        """Runs that were taken elsewhere."""
        for run in runs:
            style = Style(run.code, run.bold, run.italic, run.struck, run.hidden, run.link)
            self._pieces.append(([run.text], style, run.formula))

    def take(self, *, strip: bool = True) -> tuple[Run, ...]:
        """The runs so far, without spaces at both ends; the next ones begin anew."""
        pieces, self._pieces = self._pieces, []
        texts = ["".join(parts) for parts, _, _ in pieces]
        for i, (_, style, _) in enumerate(pieces):
            if style.raised:
                texts[i] = _script(texts[i], style.raised, texts[i - 1] if i else "")
        if strip:
            _strip(texts, [formula for _, _, formula in pieces])
        return tuple(
            _run(text, style, formula) for text, (_, style, formula) in zip(texts, pieces, strict=True) if text
        )

    def __bool__(self) -> bool:
        return any(formula or any(part.strip() for part in parts) for parts, _, formula in self._pieces)


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
