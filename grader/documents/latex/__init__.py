"""LaTeX, as it is printed: without running it, and without losing what its reader doesn't know.

It reads tokens in one pass rather than a tree of pylatexenc, which drops what follows an unbalanced brace and recurses
as deep as a document asks; what commands print is that library's.
"""

import re

from grader.core.document import Block
from grader.core.source import Source
from grader.documents.format import Beside
from grader.documents.latex.reader import read
from grader.documents.latex.state import Shared
from grader.documents.text import decode


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:
    """The blocks of a file of LaTeX, with those of the files that it puts in."""
    return blocks_of(decode(raw, file), Source(file=file, line=1), beside)


def blocks_of(text: str, source: Source, beside: Beside = lambda _: None) -> tuple[Block, ...]:
    """The blocks of a document in LaTeX; `beside` gives the files that it puts in."""
    return read(text, source, Shared(beside))


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


__all__ = ["blocks_of", "is_latex", "parse"]
