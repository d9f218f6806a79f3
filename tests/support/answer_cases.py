"""A short answer with the verdict that a fair person gives it, and what the grader says of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from answer_rendering import ENDINGS, Format, heading, rendered
from check_evidence import check_of, network
from ruamel.yaml import YAML

from grader.core.evidence import Comparison, NotebookRun, ProblemEvidence
from grader.core.outcome import Outcome
from grader.core.record import Record
from grader.core.requests import Question
from grader.core.source import Source
from grader.documents import parse
from grader.observation.claims import read_claims
from grader.observation.labels import Labels
from grader.observation.reading import read_section
from grader.observation.sections import align_documents

FOLDER = Path(__file__).parents[1] / "answers" / "cases"
VERDICTS = ("pass", "part", "fail", "person")
_LABELS = Labels(problems={"3b": "3B", "3c": "3C"})

# `part` of the points; `person` where a fair person would have to ask the student, or think twice.
Verdict = Literal["pass", "part", "fail", "person"]
Compare = Callable[[Question], Comparison]


class Case(Record):
    """An answer to a check. `asked` is what the student was asked; an `output` is what a notebook printed."""

    name: str
    asked: str
    check: dict[str, object]
    text: str
    format: Format | Literal["output"] = "markdown"
    verdict: Verdict

    @property
    def type(self) -> str:
        """The type of its check."""
        return str(self.check["type"])

    @property
    def document(self) -> str:
        """A report that holds the answer, to problem 3B of two."""
        if self.format == "output":
            return self.text
        return f"{heading('Problem 3B', self.format)}\n\n{self.text}\n\n{heading('Problem 3C', self.format)}\n\nDone."


def outcome_of(case: Case, compare: Compare | None = None) -> Outcome:
    """What the grader says: the document is read, and its check judges what was seen. `compare` compares formulas."""
    evidence = _evidence(case)
    check = check_of(case.check)
    for question in check.requests(evidence) if compare else ():
        if isinstance(question, Question):
            evidence = evidence.with_answer(question, compare(question))
    return check.judge(evidence)


def _evidence(case: Case) -> ProblemEvidence:
    """What is seen of the answer: a notebook's output, or the sections of a document."""
    if case.format == "output":
        claims = read_claims(case.document, Source(file="3B.ipynb", cell=5))
        runs = (NotebookRun(file="3B.ipynb", claims=claims),)
        return ProblemEvidence.model_validate({"problem": "3B", "notebooks": runs} | network(claims=claims))
    document = parse(f"report{ENDINGS[case.format]}", case.document.encode())
    aligned = align_documents([document], _LABELS)
    sections = [read_section(portion.problem, portion.heading, portion.blocks) for portion in aligned.sections]
    return ProblemEvidence(
        problem="3B",
        sections=tuple(s for s in sections if s.problem == "3B"),
        elsewhere=tuple(s for s in sections if s.problem != "3B"),
    )


def by_hand() -> Iterator[Case]:
    """The cases that were written by hand, each in its own format."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for group in YAML(typ="safe").load(path):
            common = {"asked": group["asked"], "check": group["check"], "format": group.get("format", "markdown")}
            for verdict in VERDICTS:
                for name, text in group.get(verdict, {}).items():
                    title = f"{path.stem}: {group['asked'][:40]}: {verdict}: {name}"
                    yield Case.model_validate(common | {"name": title, "text": text, "verdict": verdict})


def in_formats(cases: Iterator[Case]) -> Iterator[Case]:
    """Each case, and the same answer in every other format that can say it."""
    for case in cases:
        yield case
        if case.format == "markdown":
            for format in ENDINGS:
                text = rendered(case.text, format) if format != "markdown" else None
                if text is not None:
                    yield case.model_copy(update={"name": f"{case.name}, {format}", "text": text, "format": format})
