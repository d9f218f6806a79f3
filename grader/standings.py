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
    problems = tuple(map(_points, grade.problems))
    state: State = "error" if grade.machine_failed or grade.error_points else "graded"

    def of(person: Person) -> Standing:
        late = with_lateness(grade, handin, rubric, extensions, person)
        open_ = grade.manual_points or grade.unread or (late.late and not late.late.settled)
        return Standing(
            person=person,
            key=handin.key,
            state="waiting" if state == "graded" and open_ else state,
            raw=grade.score,
            points=late.final,
            max_points=grade.max_score,
            waiting=grade.manual_points,
            error=grade.error_points,
            problems=problems,
            at=handin.at,
            attempt=handin.attempt,
            late=late.late,
            unread=grade.unread,
            notes=late.notes,
        )

    return tuple(map(of, handin.people))


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
