"""`version`: the versions of packages that the report states."""

import re
from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._answers import NEVER_MEANT, said
from grader.checks._base import Check, no_answer
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, manual, partial, passed
from grader.language.assertions import around, doubt_of

_VERSION = r"(\d+(?:\.\d+){1,3}(?:[a-z]+\d+)?(?:\+\w+(?:\.\w+)*)?)"


class Version(Check):
    """For each of `packages`, a version number such as 2.1.0 or 1.13.1+cu116 after its name. Any version will do.

    `aliases` gives other names of a package: `{torch: [pytorch]}`.
    """

    type: Literal["version"] = "version"
    packages: tuple[str, ...] = Field(min_length=1)
    aliases: dict[str, tuple[str, ...]] = {}

    answer_form: ClassVar[Literal["text"]] = "text"

    def asked(self) -> str:
        return f"State the installed versions of {' and '.join(self.packages)}."

    def _names(self) -> list[str]:
        return [name for package in self.packages for name in (package, *self.aliases.get(package, ()))]

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        text = said(evidence)
        found: dict[str, str] = {}
        for package in self.packages:
            names = "|".join(re.escape(name) for name in (package, *self.aliases.get(package, ())))
            others = "|".join(re.escape(name) for name in self._names() if name.lower() not in names.lower().split("|"))
            # Between a name and its version only a few words, no digit and no other package's name.
            between = rf"(?:(?!(?<![\w-])(?:{others})(?![\w-]))[^\d\n])" if others else r"[^\d\n]"
            pattern = rf"(?<![\w-])(?:{names})(?![\w-]){between}{{0,40}}?{_VERSION}"
            stated = (match for match in re.finditer(pattern, text, re.IGNORECASE) if _is_stated(text, match))
            if (match := next(stated, None)) is not None:
                found[package] = match[1]
        if not found:
            return no_answer(evidence, "version")
        observed = ", ".join(f"{package} {version}" for package, version in found.items())
        source = evidence.sections[0].source
        missing = [package for package in self.packages if package not in found]
        if missing and len(re.findall(rf"(?<![\w.]){_VERSION}", text)) >= len(self.packages):
            return manual(
                f"Versions are stated, but not beside {', '.join(missing)}; a person reads them.",
                observed=observed,
                source=source,
            )
        if not missing:
            return passed(f"Versions stated: {observed}.", observed=observed, source=source)
        return partial(
            len(found) / len(self.packages),
            f"No version stated for {', '.join(missing)}.",
            observed=observed,
            source=source,
            advice=f"Write the output of `{missing[0]}.__version__`.",
        )


def _is_stated(text: str, match: re.Match[str]) -> bool:
    """Whether the author says so: it is neither denied, nor somebody else's, nor asked, nor taken back."""
    before, after = around(text, match.start(1), match.end(1))
    return doubt_of(before, after, text[match.end(1) : match.end(1) + 200], match[1]) not in NEVER_MEANT
