"""What the page of a class needs of each grade: a small record, so that memory never holds all grades."""

import math
from collections.abc import Iterable, Iterator

from grader.core.evidence import Retraining
from grader.core.majority import Verdict
from grader.core.outcome import CheckResult, Grade, NetworkResult, ProblemResult, Status
from grader.core.record import Record
from grader.core.standing import ClassStandings
from grader.report._networks import diverged
from grader.report._summary import points_lost, staff_name
from grader.report._text import one_line
from grader.rubric import Rubric

_MOST_WRONG = 140  # letters


class ProblemHead(Record):
    """A problem as the rubric has it."""

    id: str
    title: str
    max_points: float
    extra_credit: bool = False


class CheckFact(Record):
    """A check that lost points, or that somebody should look at.

    `wrong` says what was wrong, `named` what the rubric says of such a mistake, `why` why a person should look.
    """

    problem: str
    check: str
    status: Status
    lost: float = 0.0
    wrong: str = ""
    named: str = ""
    why: str = ""


class NetworkFact(Record):
    """A network that answers a problem. Accuracies in [0, 1]; of trainings that diverged there is only the number.

    `seconds` are those of its trainings; sizes are None where the network isn't read whole.
    """

    problem: str
    hidden_units: int | None
    parameters: int | None
    threshold: float | None = None
    accuracies: tuple[float, ...] = ()
    diverged: int = 0
    verdict: Verdict | None = None
    seconds: float = 0.0


class HandinFacts(Record):
    """One hand-in. `read` and `overruled` count the checks that people decided, and those against the machine."""

    checks: tuple[CheckFact, ...] = ()
    networks: tuple[NetworkFact, ...] = ()
    seconds: float = 0.0
    read: int = 0
    overruled: int = 0


class PairFact(Record):
    """Two hand-ins that are alike, and what they share, in words."""

    keys: tuple[str, str]
    names: tuple[str, str]
    shares: tuple[str, ...]


class AlikeFacts(Record):
    """The pairs that are alike of so many hand-ins, the strongest first, and how such a list is to be read."""

    compared: int
    pairs: tuple[PairFact, ...] = ()
    more: int = 0
    notice: str = ""


class ClassFacts(Record):
    """A class as its page shows it: where everyone stands, and the facts of each hand-in by its key.

    `alike` holds the pairs that are alike, where they were looked for.
    """

    standings: ClassStandings
    problems: tuple[ProblemHead, ...] = ()
    handins: dict[str, HandinFacts] = {}
    alike: AlikeFacts | None = None


def add(facts: ClassFacts, key: str, grade: Grade) -> ClassFacts:
    """The facts with those of one more grade."""
    heads = facts.problems or tuple(map(_head, grade.problems))
    return facts.model_copy(update={"problems": heads, "handins": {**facts.handins, key: facts_of(grade)}})


def gathered(
    standings: ClassStandings, grades: Iterable[tuple[str, Grade]], alike: AlikeFacts | None = None
) -> ClassFacts:
    """The facts of a class from its grades, each by its key; one is held at a time."""
    facts = ClassFacts(standings=standings, alike=alike)
    for key, grade in grades:
        facts = add(facts, key, grade)
    return facts


def facts_of(grade: Grade) -> HandinFacts:
    """What the page needs of one grade."""
    given = [c.given for p in grade.problems for c in p.checks if c.given]
    return HandinFacts(
        checks=tuple(fact for problem in grade.problems for fact in _checks(problem)),
        networks=tuple(_network(problem.id, network) for problem in grade.problems for network in problem.networks),
        seconds=grade.timings.get("total", 0.0),
        read=len(given),
        overruled=sum(g.machine_status not in ("manual", "error") and g.points != g.machine_score for g in given),
    )


def heads_of(rubric: Rubric) -> tuple[ProblemHead, ...]:
    """The problems of a rubric, which are there before anything is graded."""
    return tuple(
        ProblemHead(id=p.id, title=p.title, max_points=p.points, extra_credit=p.extra_credit) for p in rubric.problems
    )


def _head(problem: ProblemResult) -> ProblemHead:
    return ProblemHead(
        id=problem.id, title=problem.title, max_points=problem.max_score, extra_credit=problem.extra_credit
    )


def _checks(problem: ProblemResult) -> Iterator[CheckFact]:
    for check in problem.checks:
        lost = 0.0 if problem.extra_credit else points_lost(check)
        why = _why(check)
        if lost or why or check.status in ("failed", "partial"):
            judged = check.given is None and check.status in ("failed", "partial")
            yield CheckFact(
                problem=problem.id,
                check=one_line(staff_name(check), 80),
                status=check.status,
                lost=lost,
                wrong=one_line(check.message, _MOST_WRONG) if judged else "",
                named=one_line(check.advice, 200) if judged else "",
                why=why,
            )


def _why(check: CheckResult) -> str:
    """Why somebody should look; not for what the rubric has people read in any case."""
    if check.given is not None:
        return ""
    if check.status == "error" or (check.status == "manual" and check.type != "manual"):
        return one_line(check.message, 200)
    return f"A close call: {one_line(check.message, 180)}" if check.details.get("borderline") else ""


def _network(problem: str, network: NetworkResult) -> NetworkFact:
    model, training = network.model, network.retraining
    sizes = (model.hidden_units, model.parameters) if model.countable else (None, None)
    return NetworkFact(problem=problem, hidden_units=sizes[0], parameters=sizes[1], **_training(training))


def _training(training: Retraining | None) -> dict[str, object]:
    if training is None or not training.lanes:
        return {}
    sound = [lane for lane in training.lanes if not diverged(lane) and 0 <= lane.accuracy <= 1]
    return {
        "threshold": training.threshold if 0 <= training.threshold <= 1 else None,
        "accuracies": tuple(lane.accuracy for lane in sound),
        "diverged": len(training.lanes) - len(sound),
        "verdict": training.verdict,
        "seconds": sum(lane.seconds for lane in training.lanes if not lane.cached and math.isfinite(lane.seconds)),
    }
