"""What is compared of each hand-in, and what pairs of them share."""

from typing import Literal

from pydantic import AwareDatetime

from grader.core.handin import Person
from grader.core.record import Record

Kind = Literal["code", "text"]
FactKind = Literal["file", "training log", "network", "wrong answer"]


class Piece(Record):
    """A cell of a notebook, a whole script, or a block of a text. Cells count from 1, as a reader sees them."""

    file: str
    cell: int | None = None
    page: int | None = None
    line: int = 1
    text: str


class Network(Record):
    """A network with its recipe, as a digest, and the accuracies in [0, 1] that its notebook states of it."""

    digest: str
    words: str = ""
    accuracies: tuple[float, ...] = ()


class Work(Record):
    """All that is compared of one hand-in; of a handout too, which has no people.

    `wrong` holds answers that earned nothing, by question; `logs` the printed numbers of each training, in order;
    `files` the digest of each file that a person wrote.
    """

    key: str
    people: tuple[Person, ...] = ()
    at: AwareDatetime | None = None
    attempt: int | None = None
    code: tuple[Piece, ...] = ()
    texts: tuple[Piece, ...] = ()
    networks: tuple[Network, ...] = ()
    logs: tuple[tuple[float, ...], ...] = ()
    wrong: dict[str, str] = {}
    files: dict[str, str] = {}


class Span(Record):
    """Lines of a file from `first` to `last`, counted in the cell where there is one; they may reach into `to_cell`."""

    file: str
    cell: int | None = None
    to_cell: int | None = None
    page: int | None = None
    first: int
    last: int

    def __str__(self) -> str:
        lines = f"line {self.first}" if self.first == self.last and not self.to_cell else f"lines {self.first}"
        if self.cell is None:
            where = f", page {self.page}" if self.page is not None else ""
            return f"{self.file}{where}, {lines}" + (f" to {self.last}" if self.last != self.first else "")
        if self.to_cell:
            return f"{self.file}, cell {self.cell}, line {self.first}, to cell {self.to_cell}, line {self.last}"
        return f"{self.file}, cell {self.cell}, {lines}" + (f" to {self.last}" if self.last != self.first else "")


class Passage(Record):
    """A run of code or text that both have, where it lies in either, and how it reads there; `tokens` is its length."""

    tokens: int
    spans: tuple[Span, Span]
    excerpts: tuple[str, str]


class Share(Record):
    """What two share of one kind: `of_own` is the part in [0, 1] of what each has of its own, `longest` come first."""

    kind: Kind
    of_own: tuple[float, float]
    strength: float
    longest: tuple[Passage, ...] = ()


class Fact(Record):
    """Something that both have exactly alike; `words` say it to a person, `owners` counts the hand-ins that have it."""

    kind: FactKind
    words: str
    owners: int


class Pair(Record):
    """Two hand-ins and what they share. `strength` in [0, 1] sorts the list and is no probability."""

    keys: tuple[str, str]
    names: tuple[str, str]
    strength: float
    shares: tuple[Share, ...] = ()
    facts: tuple[Fact, ...] = ()
    remarks: tuple[str, ...] = ()


class Group(Record):
    """Three or more that pairs hold together, directly or through one another."""

    keys: tuple[str, ...]
    names: tuple[str, ...]


class Alike(Record):
    """The pairs of a class, the strongest first. `said` tells what was taken out, cut short or not listed."""

    compared: int
    pairs: tuple[Pair, ...] = ()
    groups: tuple[Group, ...] = ()
    said: tuple[str, ...] = ()
