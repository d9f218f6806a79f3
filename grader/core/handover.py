"""What an export of a class's results is made of, and what it makes."""

from collections.abc import Callable, Mapping
from typing import Literal

from grader.core.handin import HandedIn, Handin
from grader.core.record import Record
from grader.core.standing import Standing


def _no_page(_: str) -> None:
    return None


class Handover(Record):
    """A class's results, and how they are to be handed on.

    `title` is the assignment's name on the platform. `pages` gives the feedback page of a key, None where there is
    none. `given` are the bytes of a file that the platform made and that is filled in; `column` names the column to
    fill, where the title doesn't. A result that isn't final is handed on only as `partial`, and who handed in nothing
    gets 0 only as `missing` says so.
    """

    title: str
    standings: tuple[Standing, ...]
    handed_in: HandedIn | None = None
    pages: Callable[[str], bytes | None] = _no_page
    given: bytes | None = None
    column: str = ""
    partial: bool = False
    missing: Literal["empty", "zero"] = "empty"

    @property
    def layout(self) -> str:
        """The layout that the hand-ins came in; empty where nobody knows."""
        return self.handed_in.layout if self.handed_in else ""

    @property
    def handins(self) -> dict[str, Handin]:
        """The hand-ins by key."""
        return {handin.key: handin for handin in self.handed_in.handins} if self.handed_in else {}


class Exported(Record):
    """Files by name, and what was left out, replaced or not recognised, in sentences."""

    files: Mapping[str, bytes]
    said: tuple[str, ...] = ()
