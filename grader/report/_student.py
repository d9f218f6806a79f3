"""What a student may see of a grade: of checks that are hidden, or shown later, only how many and how many points."""

from collections.abc import Iterable

from grader.checks import check_types
from grader.core.evidence import ModelFacts, Retraining
from grader.core.outcome import CheckResult, Grade, NetworkResult, ProblemResult, Visibility
from grader.core.record import Record
from grader.report._text import counted, point_words

_WHEN: dict[Visibility, str] = {
    "hidden": "kept hidden by the course",
    "after_due_date": "shown after the due date",
    "after_published": "shown when grades are published",
}


class Withheld(Record):
    """The checks that a student can't see yet: how many of each visibility, and what they are worth together."""

    checks: dict[Visibility, int] = {}
    points: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.checks)

    def sentence(self) -> str:
        """That they exist, when they are shown, and what they are worth."""
        number = sum(self.checks.values())
        if len(self.checks) == 1:
            (when,) = (_WHEN[v] for v in self.checks)
            what = f"{counted(number, 'more check')} {'is' if number == 1 else 'are'} {when}"
        else:
            what = f"{counted(number, 'more check')}: " + ", ".join(f"{n} {_WHEN[v]}" for v, n in self.checks.items())
        return f"{what} ({point_words(self.points)})."


class StudentCopy(Record):
    """A grade without its withheld checks, and per problem id what was left out.

    Scores are those of the checks that are left: from a total one could work out what a hidden check gave.
    """

    grade: Grade
    withheld: dict[str, Withheld] = {}

    @property
    def all_withheld(self) -> Withheld:
        """What was left out of all problems together."""
        checks: dict[Visibility, int] = {}
        for part in self.withheld.values():
            for visibility, number in part.checks.items():
                checks[visibility] = checks.get(visibility, 0) + number
        return Withheld(checks=checks, points=sum(part.points for part in self.withheld.values()))


def for_student(grade: Grade) -> StudentCopy:
    """The part of a grade that its student may see.

    Never shown are `note`, the rubric's word to whoever grades, who gave points, and why the machine was overruled.
    """
    problems = tuple(_visible(problem) for problem in grade.problems)
    withheld = {p.id: _withheld(p.checks) for p in grade.problems}
    left_out = {problem: part for problem, part in withheld.items() if part}
    totals = {
        "score": sum(p.score for p in problems),
        "max_score": sum(p.max_score for p in problems if not p.extra_credit),
        "manual_points": sum(p.manual_points for p in problems),
        "error_points": sum(c.max_score for p in problems for c in p.checks if c.status == "error"),
    }
    return StudentCopy(
        grade=grade.model_copy(update={"problems": problems, **(totals if left_out else {})}), withheld=left_out
    )


def _withheld(checks: Iterable[CheckResult]) -> Withheld:
    number: dict[Visibility, int] = {}
    worth = 0.0
    for check in checks:
        if check.visibility != "visible":
            number[check.visibility] = number.get(check.visibility, 0) + 1
            worth += check.max_score
    return Withheld(checks=number, points=worth)


def _visible(problem: ProblemResult) -> ProblemResult:
    shown = tuple(_without_names(c) for c in problem.checks if c.visibility == "visible")
    hidden = [c for c in problem.checks if c.visibility != "visible"]
    if not hidden:
        return problem.model_copy(update={"checks": shown})
    return problem.model_copy(
        update={
            "checks": shown,
            "score": sum(c.score for c in shown),
            "max_score": sum(c.max_score for c in shown),
            "manual_points": max(0.0, problem.manual_points - sum(c.max_score for c in hidden if c.status == "manual")),
            "networks": tuple(_without_training(n, hidden) for n in problem.networks) if _asks(shown) else (),
            "code": _code_of(problem, shown),
        }
    )


def _code_of(problem: ProblemResult, shown: Iterable[CheckResult]) -> dict[str, str]:
    """The code that checks that are shown name: what else is looked at says what a hidden one does."""
    named = {place for check in shown for place in check.source.split("; ")}
    return {place: code for place, code in problem.code.items() if place in named}


def _without_names(check: CheckResult) -> CheckResult:
    given = check.given and check.given.model_copy(update={"by": "", "reason": ""})
    return check.model_copy(update={"note": "", "items": (), "given": given})


def _asks(shown: Iterable[CheckResult]) -> bool:
    """Whether a check that is shown asks for the network; else that one was looked at says what a hidden one does."""
    types = check_types()
    return any(c.type not in types or ModelFacts in types[c.type].needs for c in shown)


def _without_training(network: NetworkResult, hidden: list[CheckResult]) -> NetworkResult:
    """A retraining says what a hidden check on it found: threshold, accuracies, verdict."""
    types = check_types()
    tells = any(c.type not in types or Retraining in types[c.type].needs for c in hidden)
    return network.model_copy(update={"retraining": None}) if tells else network
