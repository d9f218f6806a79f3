"""What groups and environments change until they end: styles, lists, tables."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from grader.core.document import Cell
from grader.documents.words import PLAIN, Style

_MOST_COLUMNS = 200


@dataclass
class List:
    """A list that is open. Its items are numbered where it has a pattern: LaTeX, or `{}` for a number of the form."""

    name: str
    form: str = "1"
    pattern: str = ""
    number: int = 0


@dataclass
class Item:
    """An item that is open, and whether its first block is written."""

    mark: str
    level: int
    line: int
    written: bool = False


@dataclass
class Table:
    """A table that is open; `span` is how many columns its next cell takes."""

    rows: list[list[Cell]] = field(default_factory=lambda: [[]])
    span: int = 1

    def end_cell(self, runs: Cell) -> None:
        """The cell that holds these runs ends."""
        if len(self.rows[-1]) >= _MOST_COLUMNS:  # a longer row goes on below
            self.rows.append([])
        self.rows[-1] += [runs, *[()] * (self.span - 1)]
        self.span = 1

    def end_row(self) -> None:
        """The next cell begins a row."""
        self.rows.append([])


@dataclass
class Place:
    """What holds in a group or environment. `after` is done where it ends, in it still."""

    name: str = "{"
    after: Callable[[], None] | None = None
    style: Style = PLAIN
    quoted: bool = False
    lists: tuple[List, ...] = ()
    item: Item | None = None
    table: Table | None = None

    @property
    def numbered(self) -> list[List]:
        """The lists that number their items, from the outermost."""
        return [each for each in self.lists if each.pattern]


class Groups:
    """The groups and environments that are open; `place` is the innermost."""

    def __init__(self) -> None:
        self.place = Place()
        self._outer: list[Place] = []
        self._opened: Counter[str] = Counter()

    def open(self, name: str, after: Callable[[], None] | None = None, **changes: object) -> None:
        """A group or environment begins, and with it what it changes."""
        self._outer.append(self.place)
        self._opened[name] += 1
        self.place = replace(self.place, name=name, after=after, **changes)  # type: ignore[arg-type]

    def close(self, name: str) -> bool:
        """End a group or environment, and what was left open in it. One that isn't open is not there: False."""
        if not self._opened[name]:
            return False
        while self._outer:
            ended = self.place.name
            if self.place.after:
                self.place.after()
            self._opened[ended] -= 1
            self.place = self._outer.pop()
            if ended == name:
                break
        return True

    def close_all(self) -> None:
        """The text ends."""
        while self._outer:
            self.close(self.place.name)
