"""The macros of a LaTeX document's author, put in where they are used, within limits."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.documents.maths import closing_brace

_DEFINITION = re.compile(
    r"\\(?:(?P<new>newcommand|renewcommand|providecommand|DeclareRobustCommand|newenvironment|renewenvironment)\*?\s*"
    r"(?:\{\s*\\?(?P<braced>[A-Za-z@]{1,50}\*?)\s*\}|\\(?P<bare>[A-Za-z@]{1,50}))\s*"
    r"(?:\[(?P<count>\d)\])?\s*(?P<default>\[[^\[\]{}]{0,200}\])?\s*(?=\{)"
    r"|def\s*\\(?P<name>[A-Za-z@]{1,50})\s*(?P<parameters>(?:\#\d){0,9})(?=\{))"
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n?[ \t]*")
_PARAMETER = re.compile(r"#([1-9])")
_MOST_DEFINITIONS, _MOST_PASSES, _MOST_GROWTH, _LONGEST = 500, 4, 400_000, 3000


@dataclass(frozen=True)
class Macro:
    """A command's text, and how many arguments go into it; the first may be left out where it has a default."""

    body: str
    arguments: int = 0
    default: str | None = None


@dataclass
class Macros:
    """What an author has defined: commands, and environments as commands that begin and end them."""

    commands: dict[str, Macro] = field(default_factory=dict)
    opening: dict[str, Macro] = field(default_factory=dict)
    closing: dict[str, str] = field(default_factory=dict)

    def learn(self, text: str, is_known: Callable[[str], bool]) -> str:
        """Take the definitions out of the text, but for those of what is known; its lines stay."""
        parts, at = [], 0
        for _ in range(_MOST_DEFINITIONS):
            found = _DEFINITION.search(text, at)
            if not found:
                break
            close = closing_brace(text, found.end(), _LONGEST)
            if close < 0:
                parts.append(text[at : found.end()])
                at = found.end()
                continue
            body = " ".join(_COMMENT.sub("", text[found.end() + 1 : close]).split())
            name = found["braced"] or found["bare"] or found["name"]
            if is_known(name):  # what it means stays, or is told where it is told
                parts.append(text[at : found.end()])
                at = found.end()
                continue
            count = int(found["count"] or len(found["parameters"] or "") // 2)
            macro = Macro(body, count, found["default"][1:-1] if found["default"] else None)
            if "environment" in (found["new"] or ""):
                again = re.compile(r"\s*\{").match(text, close + 1)
                end = closing_brace(text, again.end() - 1, _LONGEST) if again else -1
                if again and end >= 0:
                    self.opening[name] = macro
                    self.closing[name] = " ".join(text[again.end() : end].split())
                    close = end
            else:
                self.commands[name] = macro
            parts += [text[at : found.start()], "%\n" * text.count("\n", found.start(), close)]
            at = close + 1
        parts.append(text[at:])
        return "".join(parts)

    def put_in(self, text: str) -> str:
        """The text with what is defined in place of its names."""
        names = list(self.commands)
        if not (names or self.opening):
            return text
        used = re.compile(
            r"\\(?:(begin|end)\s*\{(" + "|".join(map(re.escape, self.opening or ["\n"])) + r")\}"
            r"|(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True) or ["\n"])) + r")(?![A-Za-z@]))"
        )
        most = len(text) + _MOST_GROWTH
        for _ in range(_MOST_PASSES):
            changed = self._once(text, used, most)
            if changed == text:
                break
            text = changed
        return text

    def _once(self, text: str, used: re.Pattern[str], most: int) -> str:
        parts: list[str] = []
        at = size = 0
        while size < most and (found := used.search(text, at)):
            if found[1] == "end":
                said, end = self.closing[found[2]], found.end()
            else:
                macro = self.opening[found[2]] if found[1] else self.commands[found[3]]
                said, end = _filled(macro, text, found.end())
            parts += [text[at : found.start()], said]
            size += found.start() - at + len(said)
            at = end
        parts.append(text[at:])
        return "".join(parts)


def _filled(macro: Macro, text: str, at: int) -> tuple[str, int]:
    """A macro's text with its arguments, and where these end."""
    given: list[str] = []
    begin = at
    if macro.default is not None:
        close = text.find("]", at, at + 200) if text.startswith("[", at) else -1
        given.append(text[at + 1 : close] if close > 0 else macro.default)
        at = close + 1 if close > 0 else at
    while len(given) < macro.arguments:
        spaces = re.compile(r"\s{0,50}").match(text, at)
        at = spaces.end() if spaces else at
        close = closing_brace(text, at, _LONGEST) if text.startswith("{", at) else -1
        given.append(text[at + 1 : close] if close > 0 else text[at : at + 1])
        at = close + 1 if close > 0 else at + 1
    said = _PARAMETER.sub(lambda number: given[int(number[1]) - 1] if int(number[1]) <= len(given) else "", macro.body)
    if not macro.arguments and text[begin : begin + 1].isalpha():
        said += " "
    lost = text.count("\n", begin, at) - said.count("\n")
    return said + "%\n" * max(0, lost), at
