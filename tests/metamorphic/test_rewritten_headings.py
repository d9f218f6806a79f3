"""However the headings of a reference report are written, its answers earn the same."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from blocks import document
from spellings import WORDS

from grader.core.document import Block, Document
from grader.core.evidence import OF_NOTEBOOKS, ProblemEvidence, Section
from grader.core.outcome import CheckResult
from grader.core.record import Record
from grader.judging import judge_problem
from grader.observation.evidence import labels_of, observe
from grader.observation.sections import align_documents
from grader.resources import resource
from grader.rubric import Rubric, load_rubric
from grader.rubric_trials import reference_folder

pytestmark = pytest.mark.deep

RUBRICS = tuple(sorted(path.stem for path in resource("rubrics").glob("*.yaml")))
MOST_MANUAL = 0.1
SHOWN = 40

Results = dict[str, CheckResult]


class Nothing:
    """Providers that have nothing to say: what is compared is what the words say."""

    def answer(self, requests: tuple[Record, ...], evidence: ProblemEvidence) -> ProblemEvidence:  # noqa: ARG002
        return evidence


def judged(rubric: Rubric, read: Document) -> Results:
    """The verdicts of the checks that judge words alone."""
    evidence = observe(rubric, {read.file: read}, {})
    found = {}
    for problem in rubric.problems:
        results = judge_problem(problem, evidence[problem.id], Nothing()).checks
        for check, result in zip(problem.checks, results, strict=True):
            if Section in check.needs and check.needs.isdisjoint(OF_NOTEBOOKS):
                found[f"{problem.id}/{check.title}"] = result
    return found


def source(block: Block) -> str:
    """A block as Markdown."""
    if block.kind == "code":
        return f"```\n{block.text}\n```"
    if block.kind == "table":
        first, *others = block.text.split("\n")
        return "\n".join([first, "|".join(["", *("---" for _ in block.rows[0]), ""]), *others])
    return block.text


@cache
def reference(name: str) -> tuple[Rubric, Results, dict[str, str]]:
    """(a rubric, what its reference earns, the answers in it by problem)."""
    rubric = load_rubric(name)
    read = document(next(reference_folder(rubric).rglob("report.md")).read_text(encoding="utf-8"))
    answers: dict[str, str] = {}
    for portion in align_documents([read], labels_of(rubric)).sections:
        said = "\n\n".join(map(source, portion.blocks))
        answers[portion.problem] = f"{answers.get(portion.problem, '')}\n\n{said}".strip()
    return rubric, judged(rubric, read), answers


def differences(name: str, spelling: str, waiting: Counter[bool]) -> Iterator[str]:
    """The verdicts that change, where every heading is written so; counts those that wait for a person."""
    rubric, before, answers = reference(name)
    parts = [f"{spelling.format(p.id)}\n\n{answers[p.id]}" for p in rubric.problems if p.id in answers]
    after = judged(rubric, document("\n\n".join(parts)))
    for key, wanted in before.items():
        found = after[key]
        if wanted.status in ("manual", "error", "skipped"):
            continue
        waiting[found.status == "manual"] += 1
        if found.status != "manual" and (found.status, found.score) != (wanted.status, wanted.score):
            yield f"{spelling}: {key} is {found.status} ({found.message}), in the reference {wanted.status}"


@pytest.mark.parametrize("name", RUBRICS)
def test_references_earn_the_same_under_headings_of_any_spelling(name):
    waiting: Counter[bool] = Counter()
    differing = [each for spelling in WORDS for each in differences(name, spelling, waiting)]
    total = waiting.total()
    assert total >= len(WORDS)
    assert not differing, "\n".join([f"{len(differing)} of {total} verdicts differ:", *differing[:SHOWN]])
    assert waiting[True] <= MOST_MANUAL * total, f"{waiting[True]} of {total} verdicts wait for a person"
