"""Where a fact was seen."""

import re

from grader.core.record import Record

_SHOWN = re.compile(r"(?P<file>.+?)(?:, page (?P<page>\d+)|, cell (?P<cell>\d+)|:(?P<line>\d+))?", re.DOTALL)


class Source(Record):
    """Where a fact was seen, as a TA would look it up."""

    file: str
    line: int | None = None
    cell: int | None = None
    page: int | None = None

    def __str__(self) -> str:
        if self.page is not None:
            return f"{self.file}, page {self.page}"
        if self.cell is not None:
            return f"{self.file}, cell {self.cell}"
        return f"{self.file}:{self.line}" if self.line is not None else self.file

    @classmethod
    def of(cls, shown: str) -> "Source":
        """The source that `str` gave: what looks like a place in a file is taken for one."""
        found = _SHOWN.fullmatch(shown)
        return cls(file="") if found is None else cls.model_validate({k: v for k, v in found.groupdict().items() if v})

    def below(self, lines: int) -> "Source":
        """The place so many lines further down, where places are lines."""
        return self if self.line is None else self.model_copy(update={"line": self.line + lines})
