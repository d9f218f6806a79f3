"""The same report in other formats: by pandoc, by LaTeX, by a browser's printer, and as an OCR would read it."""

import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_FROM = "gfm+tex_math_dollars"
_SECONDS = 120
_SHORT_LINE = 60
# Words that an OCR may have got wrong, away from what it reads as formulas, code, tables and headings.
_KEPT = re.compile(
    r"(\$\$.*?\$\$|\$[^$\n]+\$|```.*?```|`[^`\n]+`|!\[[^\n]*\)|^(?:#|\|)[^\n]*$)", re.DOTALL | re.MULTILINE
)
_WORD = re.compile(r"\b[a-z]{5,}\b")
_SCARRED = 12  # one word in so many
_SCARS = (("rn", "m"), ("m", "rn"), ("l", "1"), ("o", "0"), ("i", "l"), ("cl", "d"), ("e", "c"))


class Conversion(NamedTuple):
    """A format: its ending, the programs that it takes, and a function that writes the file beside a report."""

    name: str
    ending: str
    programs: tuple[str, ...]
    write: Callable[[str, Path], None]

    @property
    def missing(self) -> list[str]:
        """The programs that are not installed."""
        return [program for program in self.programs if shutil.which(program) is None]


def _pandoc(*options: str) -> Callable[[str, Path], None]:
    def write(markdown: str, path: Path) -> None:
        command = ["pandoc", "-f", _FROM, "-s", f"--resource-path={path.parent}", "--metadata", "title=Report"]
        subprocess.run(
            [*command, *options, "-o", str(path)],
            input=with_its_lines(markdown),
            text=True,
            check=True,
            capture_output=True,
            timeout=_SECONDS,
        )

    return write


def _printed(markdown: str, path: Path) -> None:
    page = path.with_suffix(".html")
    _pandoc("--mathml")(markdown, page)
    profile = path.parent / "profile"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    subprocess.run(
        [*command, f"--print-to-pdf={path}", page.as_uri()], check=True, capture_output=True, timeout=_SECONDS
    )
    page.unlink()
    shutil.rmtree(profile, ignore_errors=True)


def _scanned(markdown: str, path: Path) -> None:
    path.write_text(scarred(markdown), encoding="utf-8")


CONVERSIONS = (
    # Without colours, code is verbatim, as people write it.
    Conversion("LaTeX", ".tex", ("pandoc",), _pandoc("--no-highlight")),
    Conversion("PDF by LaTeX", ".pdf", ("pandoc", "pdflatex"), _pandoc("--pdf-engine=pdflatex")),
    Conversion("PDF by a browser", ".pdf", ("pandoc", "chromium"), _printed),
    Conversion("HTML with MathJax", ".html", ("pandoc",), _pandoc("--mathjax")),
    Conversion("HTML with MathML", ".html", ("pandoc",), _pandoc("--mathml")),
    Conversion("Word", ".docx", ("pandoc",), _pandoc()),
    Conversion("OpenDocument", ".odt", ("pandoc",), _pandoc()),
    Conversion("reStructuredText", ".rst", ("pandoc",), _pandoc()),
    Conversion("notebook", ".ipynb", ("pandoc",), _pandoc()),
    Conversion("OCR", ".txt", (), _scanned),
)


def with_its_lines(markdown: str) -> str:
    """The text with the ends of short lines kept: what was written line by line isn't to become one paragraph."""
    lines, kept, fenced = markdown.split("\n"), [], False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        fenced ^= line.startswith("```")
        plain = not fenced and not any(sign in f"{line}{following}" for sign in "$|`\\")
        short = max(len(line), len(following)) <= _SHORT_LINE and line.strip() and following.strip()
        kept.append(f"{line}  " if plain and short and not following.startswith(("-", "#")) else line)
    return "\n".join(kept)


def scarred(markdown: str) -> str:
    """The text with some words misread, always the same ones, and no number, formula, table or heading."""
    parts = _KEPT.split(markdown)
    return "".join(part if place % 2 else _WORD.sub(_misread, part) for place, part in enumerate(parts))


def _misread(match: re.Match[str]) -> str:
    word, chance = match[0], zlib.crc32(f"{match.start()} {match[0]}".encode())
    if chance % _SCARRED:
        return word
    right, wrong = _SCARS[chance // _SCARRED % len(_SCARS)]
    return word.replace(right, wrong, 1)
