"""Every check type: what passes, what fails, and what a person must look at.

`<type>.py` beside this file holds the cases of one check type, as data:

    CASES     [(the check as a rubric says it, {name: (evidence, status, a part of what it says)}), ...]
    REFUSED   {name: (a check that makes no sense, what is said of it)}
    WARNED    {name: (a check that is probably not meant so, what lint says)}
    FLOODED   [(a check, a wrong answer with `{0}` for a number, the right answer), ...]
"""

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from blocks import document
from check_evidence import check_of, drawn, text
from pydantic import ValidationError

from grader.checks import Check, check_types
from grader.core.evidence import Comparison, ProblemEvidence
from grader.core.requests import Question
from grader.execution import Mathematics
from grader.resources import resource
from grader.rubric import Rubric, load_rubric

HERE = Path(__file__).parent


def cases_of(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"cases_of_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TYPES = {path.stem: cases_of(path) for path in sorted(HERE.glob("*.py")) if not path.name.startswith("test_")}


def cases(*, asking: bool) -> list[object]:
    """The cases of the types that ask whether formulas are equal, or of all others."""
    return [
        pytest.param(config, *case, id=f"{config['type']}: {name}")
        for kind, module in TYPES.items()
        if asking == (kind in check_types() and Comparison in check_types()[kind].needs)
        for config, named in module.CASES
        for name, case in named.items()
    ]


def all_of(name: str) -> list[object]:
    """What the files call by this name, where they have it."""
    return [
        pytest.param(*case, id=f"{kind}: {case_name}")
        for kind, module in TYPES.items()
        for case_name, case in getattr(module, name, {}).items()
    ]


# name: what was handed in beside nothing, and a part of what is said of it
UNREAD: dict[str, tuple[dict[str, object], str]] = {
    "a file": ({"unread": ("scan.png: is a picture",)}, "scan.png"),
    "lines": ({"unread": ("report.md:7: belongs to no problem",)}, "report.md:7"),
    "a drawn formula": ({"sections": (drawn("a formula drawn as a picture"),)}, "drawn as a picture"),
    "lines that may be another problem's": ({"unsure": "It isn't clear where 3B begins."}, "where 3B begins"),
}
# Those for which a provider looks.
PROVIDED = {"files", "function"}


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_absent_is_failed_only_where_all_was_read(kind: str) -> None:
    config = TYPES[kind].CASES[0][0]
    check = check_of(config | {"missing_is_failed": True} if kind == "manual" else config)
    if kind in PROVIDED:
        assert check.judge(ProblemEvidence(problem="3B")).status == "manual"
        return
    assert check.judge(ProblemEvidence(problem="3B")).status == "failed"
    for evidence, says in UNREAD.values():
        outcome = check.judge(ProblemEvidence.model_validate({"problem": "3B"} | evidence))
        assert (outcome.status, outcome.share) == ("manual", 0)
        assert says in f"{outcome.message} {outcome.observed}" or kind == "manual"


def judge(check: Check, evidence: ProblemEvidence, status: str, says: str) -> None:
    outcome = check.judge(evidence)
    assert outcome.status == status, outcome.message
    assert says in f"{outcome.message} {outcome.advice}"
    assert (outcome.share == 1) == (status == "passed") and (0 < outcome.share < 1) == (status == "partial")
    assert check.asked()
    assert check.judge(evidence) == outcome


@pytest.mark.parametrize(("config", "evidence", "status", "says"), cases(asking=False))
def test_check(config: dict[str, object], evidence: dict[str, object], status: str, says: str) -> None:
    check, seen = check_of(config), ProblemEvidence.model_validate({"problem": "3B"} | evidence)
    given = [answer for _, answer in seen.provided]
    for request in check.requests(seen):  # whatever was asked, the case says what was found
        for answer in given:
            seen = seen.with_answer(request, answer)
    judge(check, seen, status, says)


@pytest.mark.parametrize(("config", "evidence", "status", "says"), cases(asking=True))
def test_check_that_asks(
    config: dict[str, object], evidence: dict[str, object], status: str, says: str, mathematics: Mathematics
) -> None:
    check, seen = check_of(config), ProblemEvidence.model_validate({"problem": "3B"} | evidence)
    for question in check.requests(seen):
        assert isinstance(question, Question)
        seen = seen.with_answer(question, mathematics.answer(question))
    judge(check, seen, status, says)


def test_every_check_type_has_a_file_and_is_seen_to_pass_and_to_fail() -> None:
    assert TYPES.keys() == check_types().keys()
    seen = {
        kind: Counter(status for _, named in module.CASES for _, status, _ in named.values())
        for kind, module in TYPES.items()
    }
    missing = [(kind, status) for kind in seen for status in ("passed", "failed") if not seen[kind][status]]
    # What a person reads is never passed by the machine, nor what is only read by anyone.
    assert missing == [("manual", "passed"), ("read", "passed")]
    strangers = [(kind, c["type"]) for kind, module in TYPES.items() for c, _ in module.CASES if c["type"] != kind]
    assert strangers == []


FLOODED = [pytest.param(*case, id=kind) for kind, module in TYPES.items() for case in getattr(module, "FLOODED", ())]


@pytest.mark.parametrize(("config", "wrong", "right"), FLOODED)
@pytest.mark.parametrize("separator", [" ", ", ", "\n", "\n\n", " or ", "\n- "])
def test_the_right_answer_among_hundreds_never_passes(
    config: dict[str, object], wrong: str, right: str, separator: str
) -> None:
    answers = [wrong.format(n) for n in range(600, 900) if n != 608]
    for answer in (separator.join([*answers, right]), separator.join([right, *answers])):
        outcome = check_of(config).judge(ProblemEvidence.model_validate({"problem": "3B"} | text(answer)))
        assert outcome.status == "manual", answer[:50]


@pytest.mark.parametrize(("config", "message"), all_of("REFUSED"))
def test_a_check_that_makes_no_sense_is_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check_of(config)


@pytest.mark.parametrize(("config", "says"), all_of("WARNED"))
def test_what_is_probably_not_meant_is_said(config: dict[str, object], says: str) -> None:
    (warning,) = check_of(config).lint()
    assert says in warning


READ = ("numeric", "shape", "matrices", "choice", "version", "truth_table")


def judged(rubric: Rubric, report: str) -> dict[str, float]:
    """The points that every check of the report's text gives."""
    from grader.observation.evidence import observe

    evidence = observe(rubric, {"report.md": document(report)}, {})
    return {
        f"{problem.id}/{check.title}": check.judge(evidence[problem.id]).share * check.points
        for problem in rubric.problems
        for check in problem.checks
        if check.type in READ
    }


@pytest.mark.parametrize("name", ["demo", "cs155-2023-set4"])
def test_reference_reports_earn_every_point_and_their_mutants_lose_what_the_rubric_says(name: str) -> None:
    rubric = load_rubric(name)
    folder = resource("reference") / (rubric.reference or name)
    report = (folder / "report.md").read_text()
    full = judged(rubric, report)
    assert full == {f"{p.id}/{c.title}": c.points for p in rubric.problems for c in p.checks if c.type in READ}
    for mutant in rubric.mutants:
        if mutant.edits and all(edit.file == "report.md" for edit in mutant.edits):
            text = report
            for edit in mutant.edits:
                assert edit.replace in text
                text = text.replace(edit.replace, edit.by)
            points = judged(rubric, text)
            assert {
                check: full[check] - points[check] for check in full if points[check] != full[check]
            } == mutant.loses
