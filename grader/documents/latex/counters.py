"""Counters of LaTeX, and how they are printed."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.documents.labels import number_as
from grader.documents.latex.commands import COUNTED

# What prints the counters of lists, from the outermost.
LIST_LABELS = ("labelenumi", "labelenumii", "labelenumiii", "labelenumiv")

PRINTED = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\*?(?:\{(\w+)\})?")
_FORMS = {"arabic": "1", "alph": "a", "Alph": "A", "roman": "i", "Roman": "I"}
_DEEPEST = 5  # labels that print other labels


@dataclass
class Counters:
    """The counters of a document by name, with the LaTeX that prints them where its author says so.

    `chapters` says that chapters stand above sections; `resumed` is where the last list that is in no other ended.
    """

    values: Counter[str] = field(default_factory=Counter)
    labels: dict[str, str] = field(default_factory=dict)
    chapters: bool = False
    resumed: int = 0

    def section(self, name: str, printed: Callable[[str], str]) -> str:
        """A section begins, and those below it are counted anew; its number, empty where none is printed.

        `printed` says what LaTeX prints.
        """
        depth = COUNTED.index(name)
        self.values[name] += 1
        for below in COUNTED[depth + 1 :]:
            self.values[below] = 0
        return self._number(name, printed) if depth <= self.values.get("secnumdepth", 3) else ""

    def filled(self, label: str, number: int | None = None) -> str:
        """A label with what its counters print, or with this number in their place."""
        return PRINTED.sub(
            lambda form: number_as(self.values[form[2] or ""] if number is None else number, _FORMS[form[1]]), label
        )

    def _number(self, name: str, printed: Callable[[str], str], seen: int = 0) -> str:
        label = self.labels.get(f"the{name}")
        if label and seen < _DEEPEST:
            label = re.sub(r"\\the([a-z]+)", lambda inner: self._number(inner[1], printed, seen + 1), label)
            return printed(self.filled(label))
        own = str(self.values[name])
        above = COUNTED[: COUNTED.index(name)] if name in COUNTED else ()
        if not above or (name == "section" and not self.chapters):
            return own
        return f"{self._number(above[-1], printed, seen + 1) if seen < _DEEPEST else ''}.{own}"
