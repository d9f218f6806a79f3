"""`links`: web addresses in the answer, such as that of a Colab notebook."""

from typing import Literal

from pydantic import Field

from grader.checks._base import Check, absent
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, failed, passed

_NAMES = {"colab": "Colab", "nbviewer": "nbviewer", "github": "GitHub", "any": "web"}


class Links(Check):
    """At least `count` links of a `kind`: colab, nbviewer, github, or any.

    A link to the site alone, without a notebook behind it, doesn't count; the same link twice counts once. Whether it
    can be opened is not tried.
    """

    type: Literal["links"] = "links"
    kind: Literal["colab", "nbviewer", "github", "any"] = "colab"
    count: int = Field(default=1, ge=1)

    def asked(self) -> str:
        return (
            f"Give a {_NAMES[self.kind]} link." if self.count == 1 else f"Give {self.count} {_NAMES[self.kind]} links."
        )

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        links = [link for section in evidence.sections for link in section.links]
        fitting = [link for link in links if self.kind in ("any", link.kind)]
        whole = {link.url: link for link in fitting if link.complete}
        if len(whole) >= self.count:
            first = next(iter(whole.values()))
            return passed(f"{_NAMES[self.kind]} link found.", observed=", ".join(whole)[:500], source=first.source)
        if fitting and not whole:
            return failed(
                f"{fitting[0].url} leads to no notebook.",
                observed=fitting[0].url,
                source=fitting[0].source,
                advice="Copy the link of the notebook itself: in Colab, Share, Copy link.",
            )
        other = f"; {links[0].url} is none" if links and not fitting else ""
        return absent(
            evidence,
            f"{len(whole)} {_NAMES[self.kind]} links found; {self.count} asked for{other}.",
            source=evidence.sections[0].source if evidence.sections else "",
            advice="Paste the link into the answer to this problem.",
        )
