"""Where everyone of a class stands, from the grades of what they handed in."""

from collections.abc import Iterable, Mapping

from grader.core.handin import Handin, Person
from grader.core.outcome import Grade, ProblemResult
from grader.core.standing import ProblemPoints, Standing, State
from grader.extensions import Extension
from grader.lateness import with_lateness
from grader.rubric import Rubric


def standings_of(
    handin: Handin, grade: Grade, rubric: Rubric, extensions: Mapping[Person, Extension] = {}
) -> tuple[Standing, ...]:
    """One for each person who handed it in, with what lateness takes of theirs."""

    def of(person: Person) -> Standing:
        late = with_lateness(grade, handin, rubric, extensions, person)
        standing = Standing(
            person=person,
            key=handin.key,
            state="graded",
            max_points=grade.max_score,
            at=handin.at,
            attempt=handin.attempt,
            late=late.late,
            notes=late.notes,
        )
        return with_points(standing, grade)

    return tuple(map(of, handin.people))


def with_points(standing: Standing, grade: Grade) -> Standing:
    """The same person with the points of this grade; lateness takes of them what it took before."""
    late = standing.late
    state: State = "error" if grade.machine_failed or grade.error_points else "graded"
    open_ = grade.manual_points or grade.unread or grade.to_confirm or (late and not late.settled)
    return standing.model_copy(
        update={
            "state": "waiting" if state == "graded" and open_ else state,
            "raw": grade.score,
            "points": late.kept(grade.score) if late else grade.score,
            "max_points": grade.max_score,
            "waiting": grade.manual_points,
            "error": grade.error_points,
            "problems": tuple(map(_points, grade.problems)),
            "unread": grade.unread,
            "to_confirm": grade.to_confirm,
        }
    )


def not_yet(handin: Handin, rubric: Rubric) -> tuple[Standing, ...]:
    """Of those whose hand-in has no result: the machine owes it to them."""
    said = "Not graded yet: the run goes on, or was ended before."
    return tuple(
        Standing(
            person=person,
            key=handin.key,
            state="error",
            max_points=rubric.max_score,
            error=rubric.max_score,
            at=handin.at,
            attempt=handin.attempt,
            notes=(said,),
        )
        for person in handin.people
    )


def absent(people: Iterable[Person], rubric: Rubric) -> tuple[Standing, ...]:
    """Of those who handed in nothing."""
    return tuple(Standing(person=person, state="missing", max_points=rubric.max_score) for person in people)


def _points(problem: ProblemResult) -> ProblemPoints:
    lost = sum(c.max_score - c.score for c in problem.checks if c.status in ("failed", "partial", "skipped"))
    return ProblemPoints(
        id=problem.id,
        points=problem.score,
        max_points=problem.max_score,
        waiting=problem.manual_points,
        lost=0.0 if problem.extra_credit else lost,
    )
