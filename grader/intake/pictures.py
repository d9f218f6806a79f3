"""Which files the text of documents and notebooks names as pictures: these answer nothing by themselves."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote

from grader.core.record import Record
from grader.intake.kinds import PICTURES

_ENDING = re.compile("|".join(map(re.escape, sorted(PICTURES, key=len, reverse=True))), re.IGNORECASE)
_LATEX = re.compile(r"\\(?:includegraphics|includesvg)\*?\s{0,9}(?:\[[^\]\n]{0,300}\]\s{0,9})?\{([^{}\n]{1,300})\}")
_LONGEST = 255
_MOST = 20_000
_BOUNDS = re.compile(r"[/\\\"'(){}\[\]<>=|\n\r\t]")


class Named(Record):
    """The names of pictures that texts name, without folders, in small letters; `latex` may lack their ending."""

    names: frozenset[str] = frozenset()
    latex: frozenset[str] = frozenset()

    def has(self, file: str) -> bool:
        """Whether a file is named as a picture somewhere."""
        return PurePosixPath(file).name.lower() in self.names or self.includes(file)

    def includes(self, file: str) -> bool:
        """Whether LaTeX shows a file, named with its ending or without."""
        path = PurePosixPath(file.lower())
        return path.name in self.latex or path.stem in self.latex


def pictures_named(texts: Iterable[str]) -> Named:
    """The names in these texts."""
    names: set[str] = set()
    latex: set[str] = set()
    for text in texts:
        for match in _ENDING.finditer(text):
            if len(names) < _MOST:
                names.update(_before(text, match.end()))
        for match in _LATEX.finditer(text):
            if len(latex) < _MOST:
                latex.add(PurePosixPath(match[1].strip()).name.lower())
    return Named(names=frozenset(names), latex=frozenset(latex))


def _before(text: str, end: int) -> Iterable[str]:
    """What may be the name that ends here: back to what ends a path, and to the last space."""
    start = max(0, end - _LONGEST)
    words = _BOUNDS.split(text[start:end])[-1].lower().strip()
    return {words, unquote(words), words.rpartition(" ")[2], unquote(words.rpartition(" ")[2])}
