"""Judges one problem: check by check, with what each asks providers for."""

from grader.checks import Check
from grader.core.evidence import OF_NOTEBOOKS, ModelFacts, ProblemEvidence, Retraining, Section
from grader.core.outcome import CheckResult, NetworkResult, Outcome, ProblemResult, Status
from grader.providers import Providers
from grader.rubric import Problem

_MOST_SECTIONS = 100
_MOST_CANDIDATES = 12  # that a person chooses from
_DECIDED = ("passed", "partial", "failed")


def judge_problem(
    problem: Problem, evidence: ProblemEvidence, providers: Providers, not_run: Outcome | None = None
) -> ProblemResult:
    """All checks of a problem in their order. `not_run` is the outcome of what notebooks that were not run may hold.

    Providers are asked only when a check gets that far; what they gave stays for the checks after it.
    """
    outcomes: dict[str, Outcome] = {}
    for check in problem.checks:
        outcome = _blocked(check, problem, outcomes) or _unsure(check, evidence) or _missing(check, evidence, not_run)
        if outcome is None:
            outcome, evidence = _judged(check, evidence, providers)
            outcome = _unless_missing(outcome, check, not_run)
        outcomes[check.title] = outcome
        evidence = _with_room(evidence, outcome)
    results = tuple(_result(check, outcomes[check.title]) for check in problem.checks)
    shown = evidence.model if problem.needs(ModelFacts) else None
    return ProblemResult(
        id=problem.id,
        title=problem.title,
        asked=problem.text,
        score=sum(result.score for result in results),
        max_score=problem.points,
        extra_credit=problem.extra_credit,
        manual_points=sum(result.max_score for result in results if result.status == "manual"),
        checks=results,
        networks=(NetworkResult(model=shown, retraining=evidence.of(Retraining)),) if shown else (),
        candidates=evidence.candidates[:_MOST_CANDIDATES] if problem.needs(ModelFacts) else (),
    )


def _with_room(evidence: ProblemEvidence, outcome: Outcome) -> ProblemEvidence:
    """The evidence with what the budget that was just looked at still allows: later advice must be possible."""
    line = outcome.details.get("budget")
    if not isinstance(line, dict) or line.get("room") is None:
        return evidence
    return evidence.model_copy(update={"room": evidence.room | {line["what"]: line["room"]}})


def undecided(problem: Problem, status: Status, message: str) -> ProblemResult:
    """The result of a problem of which nothing could be judged."""
    outcome = Outcome(status=status, message=message)
    results = tuple(_result(check, outcome) for check in problem.checks)
    return ProblemResult(
        id=problem.id,
        title=problem.title,
        asked=problem.text,
        score=0,
        max_score=problem.points,
        extra_credit=problem.extra_credit,
        manual_points=problem.points if status == "manual" else 0,
        checks=results,
    )


def _blocked(check: Check, problem: Problem, outcomes: dict[str, Outcome]) -> Outcome | None:
    """The outcome of a check whose requirements did not pass; None when they did.

    A check that students see doesn't tell them the name of one that they don't.
    """
    withheld = {other.title for other in problem.checks if other.visibility != "visible"}
    for needed in check.requires:
        named = "another check" if check.visibility == "visible" and needed in withheld else f"“{needed}”"
        status = outcomes[needed].status
        if status in ("manual", "error"):
            return Outcome(status=status, message=f"Waits for {named}, which is not decided yet.")
        if status != "passed":
            return Outcome(status="skipped", message=f"Not judged, because {named} did not pass.")
    return None


def _unsure(check: Check, evidence: ProblemEvidence) -> Outcome | None:
    """The outcome of a check on the text where it isn't clear which text is meant, or what a form says of it."""
    why = evidence.unclear.get(check.title, "")
    if not why and Section in check.needs and check.title not in evidence.stated:
        why = evidence.unsure
    return Outcome(status="manual", message=f"{why} A person decides.") if why else None


def _missing(check: Check, evidence: ProblemEvidence, not_run: Outcome | None) -> Outcome | None:
    """The outcome of a check on what notebooks do where not all were run, and nothing was seen."""
    return not_run if evidence.model is None and not check.needs.isdisjoint(OF_NOTEBOOKS) else None


def _unless_missing(outcome: Outcome, check: Check, not_run: Outcome | None) -> Outcome:
    """The outcome, unless it costs points and what was not run of the notebooks may hold them."""
    if not_run is None or outcome.status not in ("failed", "partial") or check.needs.isdisjoint(OF_NOTEBOOKS):
        return outcome
    return not_run.model_copy(update={"message": f"{not_run.message} Seen so far: {outcome.message}"})


def _judged(check: Check, evidence: ProblemEvidence, providers: Providers) -> tuple[Outcome, ProblemEvidence]:
    """One check's outcome, and the evidence with what was provided for it.

    What the machine or the check itself got wrong is never the student's fault.
    """
    try:
        evidence = providers.answer(check.requests(evidence.of_check(check.title)), evidence)
        outcome = check.judge(evidence.of_check(check.title))
        if check.needs == {Section} and outcome.status in _DECIDED:
            for other in evidence.said_besides(check.title):
                other = providers.answer(check.requests(other), other)
                outcome = _agreed(outcome, check, other, by_form=check.title in evidence.stated)
        if check.needs == {Section} and outcome.status == "failed" and not evidence.of_check(check.title).has_words:
            outcome = _elsewhere(outcome, check, evidence, providers)
        return outcome, evidence
    except Exception as error:  # a check must never end the run, whatever the evidence
        return Outcome(status="error", message=f"The check failed: {type(error).__name__}: {error}"), evidence


def _elsewhere(outcome: Outcome, check: Check, evidence: ProblemEvidence, providers: Providers) -> Outcome:
    """The outcome of an answer that isn't there, unless another problem's section would answer it."""
    for section in evidence.elsewhere[:_MOST_SECTIONS]:
        other = evidence.saying((section,))
        second = check.judge(providers.answer(check.requests(other), other))
        if second.status in ("passed", "partial", "read"):
            return Outcome(
                status="manual",
                message=f"{outcome.message} The answer to problem {section.problem} may hold it; a person looks there.",
                observed=second.observed,
                source=second.source,
                advice=outcome.advice,
            )
    return outcome


def _agreed(outcome: Outcome, check: Check, other: ProblemEvidence, *, by_form: bool) -> Outcome:
    """The outcome, unless another place that answers the same decides otherwise: then a person does.

    A form is the student's own word on what counts: it stands, and what else is said is told.
    """
    second = check.judge(other)
    if second.status not in _DECIDED or second.share == outcome.share or not other.has_words:
        return outcome
    if by_form:
        told = f"{outcome.message} This is what the form states, and it counts; elsewhere stands: {second.observed}"
        return outcome.model_copy(update={"message": told})
    return Outcome(
        status="manual",
        message=f"Two places answer this, and they disagree: {outcome.message} {second.message} A person decides.",
        observed=f"{outcome.observed} … {second.observed}",
        source=f"{outcome.source}; {second.source}",
    )


def _result(check: Check, outcome: Outcome) -> CheckResult:
    earned = outcome.share if outcome.status in ("passed", "partial") else 0.0
    return CheckResult(
        name=check.title,
        type=check.type,
        status=outcome.status,
        score=round(earned * check.points, 6),
        max_score=check.points,
        message=outcome.message,
        observed=outcome.observed,
        source=outcome.source,
        advice=outcome.advice,
        asked=check.asked(),
        note=check.note,
        items=check.items,
        visibility=check.visibility,
        details=outcome.details,
    )
