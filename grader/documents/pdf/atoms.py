"""What a page is made of before it has lines: words in their places, rules, frames and pictures."""

from typing import NamedTuple


class Style(NamedTuple):
    """How letters look. `math` are letters of a font for formulas."""

    bold: bool = False
    italic: bool = False
    mono: bool = False
    math: bool = False


class Box(NamedTuple):
    """A place on an upright page, in points, y upwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.y1 - self.y0

    def holds(self, x: float, y: float, margin: float = 0) -> bool:
        """Whether a point lies inside."""
        return self.x0 - margin <= x <= self.x1 + margin and self.y0 - margin <= y <= self.y1 + margin


class Atom(NamedTuple):
    """A word in one style, or what was put together of several: then `latex` is its formula.

    `box` is from advance to advance and from the lowest to the highest ink that matters; `base` is its baseline.
    `axis` says that it is centred on the line that fractions are centred on, so that its baseline was guessed.
    """

    text: str
    box: Box
    base: float
    size: float
    style: Style
    order: int
    spaced: bool = False
    latex: str = ""
    hidden: str = ""
    link: str = ""
    struck: bool = False
    marked: bool = False
    hyphen: bool = False
    tall: bool = False
    single: bool = False  # one glyph by itself: a bracket, an operator

    @property
    def x(self) -> float:
        """The centre from left to right."""
        return (self.box.x0 + self.box.x1) / 2

    @property
    def y(self) -> float:
        """Where its ink is centred, about."""
        return (self.box.y0 + self.box.y1) / 2
