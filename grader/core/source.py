"""Where a fact was seen."""

from grader.core.record import Record


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

    def below(self, lines: int) -> "Source":
        """The place so many lines further down, where places are lines."""
        return self if self.line is None else self.model_copy(update={"line": self.line + lines})
