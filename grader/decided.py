"""What people decided takes the machine's place in a grade, which stays beside it."""

from collections.abc import Mapping

from grader.core.decision import Decision, Item, Place, points_of
from grader.core.outcome import CheckResult, Given, Grade, ProblemResult, RubricItem, Status

_AGAIN = "{problem}: what {by} gave for “{check}” was for other files, or by another rubric: a person looks again."


def with_decisions(
    grade: Grade, submission: str, decisions: Mapping[Place, Decision], items: Mapping[str, Item]
) -> Grade:
    """The grade with what people decided of its checks: their points, and what they say to the student.

    `decisions` are those on this hand-in, and `submission` is the digest of its files. What was decided of other files,
    or of a check that was worth something else, is not taken: a person is asked to confirm it.
    """
    if not decisions:
        return grade
    by_check = {(place.problem, place.check): decision for place, decision in decisions.items()}
    problems = tuple(_decided(problem, submission, by_check, items) for problem in grade.problems)
    checks = [(problem.id, check) for problem in problems for check in problem.checks]
    taken = {(problem, check.name) for problem, check in checks if check.given}
    stale = [
        _AGAIN.format(problem=problem, check=check, by=decision.by)
        for (problem, check), decision in by_check.items()
        if decision.decides and (problem, check) not in taken and points_of(decision, items) is not None
    ]
    return grade.model_copy(
        update={
            "problems": problems,
            "score": sum(problem.score for problem in problems),
            "manual_points": sum(problem.manual_points for problem in problems),
            "error_points": sum(check.max_score for _, check in checks if check.status == "error"),
            "to_confirm": tuple(stale),
        }
    )


def applies(decision: Decision, submission: str, check: CheckResult) -> bool:
    """Whether a decision is on what is there now: the same files, and a check that is worth the same."""
    return decision.submission == submission and decision.max_score == check.max_score


def _decided(
    problem: ProblemResult,
    submission: str,
    decisions: Mapping[tuple[str, str], Decision],
    items: Mapping[str, Item],
) -> ProblemResult:
    checks = tuple(
        _given(check, decision, items)
        if (decision := decisions.get((problem.id, check.name))) and applies(decision, submission, check)
        else check
        for check in problem.checks
    )
    if checks == problem.checks:
        return problem
    return problem.model_copy(
        update={
            "checks": checks,
            "score": sum(check.score for check in checks),
            "manual_points": sum(check.max_score for check in checks if check.status == "manual"),
        }
    )


def _given(check: CheckResult, decision: Decision, items: Mapping[str, Item]) -> CheckResult:
    points = points_of(decision, items)
    if points is None and not decision.comment:
        return check
    applied = [items[item] for item in decision.items if item in items and not items[item].removed]
    given = Given(
        points=check.score if points is None else points,
        items=tuple(RubricItem(text=item.text, points=item.points) for item in applied),
        comment=decision.comment,
        reason=decision.reason,
        by=decision.by,
        at=decision.at,
        machine_status=check.status,
        machine_score=check.score,
    )
    if points is None:  # a comment alone changes no points
        return check.model_copy(update={"given": given})
    return check.model_copy(update={"given": given, "score": points, "status": _status(points, check.max_score)})


def _status(points: float, most: float) -> Status:
    if points >= most:
        return "passed"
    return "partial" if points > 0 else "failed"
