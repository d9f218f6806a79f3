"""A text in LaTeX, token by token, and the arguments that stand between."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from grader.documents.maths import closing_brace

_TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z@]++\*?+)(?:[ \t]*\n?[ \t]*(?!\n))?|\\(?P<sign>.)"
    r"|%(?P<comment>[^\n]*)\n?[ \t]*|(?P<dollar>\$\$?)|(?P<brace>[{}])|(?P<break>\n[ \t]*\n\s*)"
    r"|(?P<space>[~&])|(?P<words>[^\\%${}~&\n]+|\n|\\)",
    re.DOTALL,
)
_BRACKET = re.compile(r"\s{0,20}\[((?:[^\[\]{}\n]|\{[^{}\n]{0,200}\}|\[[^\[\]\n]{0,100}\]){0,300})\]")
_GAP = re.compile(r"[ \t]*\n?[ \t]*")


class Finder:
    """Finds strings in one text, from ever later places; what was looked for in vain is not looked for again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._missing: set[str] = set()

    def find(self, what: str, start: int) -> int:
        """Where it stands next; -1 where it doesn't."""
        place = -1 if what in self._missing else self._text.find(what, start)
        if place < 0:
            self._missing.add(what)
        return place


class Tokens:
    """The tokens of a text. `at` is where the next one begins: who takes an argument moves it on."""

    def __init__(self, text: str, first_line: int = 1) -> None:
        self.text = text
        self.at = 0
        self._finder = Finder(text)
        self._first_line = first_line
        self._line_ends = [found.start() for found in re.finditer("\n", text)]

    def __iter__(self) -> Iterator[re.Match[str]]:
        while found := _TOKEN.match(self.text, self.at):  # which is so everywhere but at the end
            self.at = found.end()
            yield found

    def line_of(self, at: int) -> int:
        """The line of the document in which a place of the text lies."""
        return bisect_right(self._line_ends, at - 1) + self._first_line

    def find(self, what: str, start: int) -> int:
        """Where a string stands next; -1 where it doesn't."""
        return self._finder.find(what, start)

    def group(self) -> str | None:
        """The argument in braces that stands here, taken; None where there is none."""
        opening = self._opening()
        close = -1 if opening is None else closing_brace(self.text, opening)
        if opening is None or close < 0:
            return None
        self.at = close + 1
        return self.text[opening + 1 : close]

    def brackets(self) -> str | None:
        """The argument in brackets that stands here, taken; None where there is none."""
        found = _BRACKET.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        return found[1]

    def skip_brackets(self) -> None:
        """Take all arguments in brackets that stand here."""
        while self.brackets() is not None:
            pass

    def enter_group(self) -> bool:
        """Whether an argument in braces stands here; its opening brace alone is taken."""
        opening = self._opening()
        if opening is None:
            return False
        self.at = opening + 1
        return True

    def _opening(self) -> int | None:
        gap = _GAP.match(self.text, self.at)
        at = gap.end() if gap else self.at
        return at if self.text.startswith("{", at) else None
