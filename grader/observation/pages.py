"""Sources in a PDF by page: its lines mean nothing to a reader."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from grader.core.evidence import Section

_KEYS = {"file", "line", "cell", "page"}


def by_page(sections: Sequence[Section], text: str) -> list[Section]:
    """The sections with the page for the line in every source; a form feed begins a page."""
    breaks = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("\f")]

    def placed(value: Any) -> Any:
        if isinstance(value, dict):
            if value.keys() == _KEYS:
                return value | {"page": 1 + bisect_right(breaks, value["line"] or 1), "line": None}
            return {key: placed(inner) for key, inner in value.items()}
        return [placed(inner) for inner in value] if isinstance(value, list | tuple) else value

    return [Section.model_validate(placed(section.model_dump())) for section in sections]
