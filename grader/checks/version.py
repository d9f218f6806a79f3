"""`version`: the versions of packages that the report states."""

import re
from typing import Literal

from pydantic import Field

from grader.checks._base import Check, no_answer
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, partial, passed

_VERSION = r"(\d+(?:\.\d+){1,3}(?:[a-z]+\d+)?(?:\+[\w.]+)?)"


class Version(Check):
    """For each of `packages`, a version number such as 2.1.0 or 1.13.1+cu116 after its name. Any version will do.

    `aliases` gives other names of a package: `{torch: [pytorch]}`.
    """

    type: Literal["version"] = "version"
    packages: tuple[str, ...] = Field(min_length=1)
    aliases: dict[str, tuple[str, ...]] = {}

    def asked(self) -> str:
        return f"State the installed versions of {' and '.join(self.packages)}."

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        text = "\n".join(section.text for section in evidence.sections)
        found: dict[str, str] = {}
        for package in self.packages:
            names = "|".join(re.escape(name) for name in (package, *self.aliases.get(package, ())))
            # Between a name and its version only a few words, no digit and no other package's name with a version.
            match = re.search(rf"(?<![\w-])(?:{names})(?![\w-])[^\d\n]{{0,40}}?{_VERSION}", text, re.IGNORECASE)
            if match:
                found[package] = match[1]
        if not found:
            return no_answer(evidence, "version")
        observed = ", ".join(f"{package} {version}" for package, version in found.items())
        source = evidence.sections[0].source
        missing = [package for package in self.packages if package not in found]
        if not missing:
            return passed(f"Versions stated: {observed}.", observed=observed, source=source)
        return partial(
            len(found) / len(self.packages),
            f"No version stated for {', '.join(missing)}.",
            observed=observed,
            source=source,
            advice=f"Write the output of `{missing[0]}.__version__`.",
        )
