"""How an office document shows words, and when no reader sees them."""

from typing import NamedTuple

_TINY = 3.5  # points
_NEAR = 24  # of 255, between two colours that no reader tells apart


class Look(NamedTuple):
    """What is said of how words are shown; None where nothing is."""

    bold: bool | None = None
    underlined: bool | None = None
    framed: bool | None = None
    italic: bool | None = None
    struck: bool | None = None
    vanished: bool | None = None
    transparent: bool | None = None
    colour: str | None = None
    background: str | None = None
    size: float | None = None
    raised: int | None = None
    code: bool | None = None

    def under(self, other: "Look") -> "Look":
        """Both, the other one's word against this one's."""
        if other == _NOTHING:
            return self
        return self._replace(**{key: value for key, value in other._asdict().items() if value is not None})

    @property
    def hidden(self) -> str:
        """Why a reader doesn't see such words; empty where they are seen."""
        if self.vanished:
            return "hidden text"
        if self.transparent:
            return "transparent text"
        if self.size is not None and self.size <= _TINY:
            return "tiny text"
        if self.colour and _are_near(self.colour, self.background or "ffffff"):
            return "text in the colour of its background"
        return ""


_NOTHING = Look()


def is_colour(text: str) -> bool:
    """Whether it is a colour in six small hexadecimal digits."""
    return len(text) == 6 and all(char in "0123456789abcdef" for char in text)


def _are_near(one: str, other: str) -> bool:
    if not (is_colour(one) and is_colour(other)):
        return False
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) <= _NEAR for i in (0, 2, 4))
