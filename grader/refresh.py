"""Brings a folder of results up to what people have decided: pages, records, standings and the gradebook."""

from collections.abc import Collection

from pydantic import ValidationError

from grader.core.outcome import Grade
from grader.core.standing import Standing
from grader.core.stored import StoredGrade
from grader.decided import with_decisions
from grader.report import FORMATS
from grader.report.class_page import ClassFacts, add, render_class_page
from grader.report.class_page.alike import alike_facts
from grader.report.csv import gradebook
from grader.standings import with_points
from grader.store import Decisions, Results, Store

_RECORD = "grade.json"


def decided_grade(store: Store, stored: StoredGrade) -> Grade:
    """What holds of a hand-in, with what people decided."""
    said = Decisions(store)
    decisions = said.decisions(stored.key)
    return with_decisions(stored.grade, stored.provenance.submission, decisions, said.items())


def refresh(store: Store, results: Results, keys: Collection[str] | None = None) -> None:
    """Write again what shows the results of these hand-ins, and the gradebook; or of all, and the class's page too.

    Lateness stays as the last run found it. Raises MachineError where something can't be read or written.
    """
    known = results.standings()
    current = store.current()
    of_key: dict[str, list[Standing]] = {}
    for standing in known.standings:
        of_key.setdefault(standing.key, []).append(standing)
    brought_up: dict[str, list[Standing]] = {}
    facts = ClassFacts(standings=known, alike=alike_facts(record) if (record := results.alike()) else None)
    for key in current if keys is None else [key for key in keys if key in current]:
        grade = decided_grade(store, current[key])
        _show(results, key, grade)
        facts = add(facts, key, grade)
        brought_up[key] = [with_points(standing, grade) for standing in of_key.get(key, [])]
    standings = [standing for key in of_key for standing in brought_up.get(key, of_key[key])]
    problems = dict.fromkeys(problem.id for standing in standings for problem in standing.problems)
    known = known.model_copy(update={"standings": tuple(standings)})
    results.save_class(gradebook(standings, list(problems)), known)
    if keys is None:
        results.save_page(render_class_page(facts.model_copy(update={"standings": known})))


def _show(results: Results, key: str, grade: Grade) -> None:
    """Write the page and the record of a grade, where they are not there as they should be."""
    record = results.read(key, _RECORD)
    try:
        before = Grade.model_validate_json(record or "")
    except ValidationError:
        shown = grade
    else:  # what is known of lateness stands there
        notes = tuple(dict.fromkeys([*grade.notes, *before.notes]))
        shown = grade.model_copy(update={"late": before.late, "notes": notes})
    if record != FORMATS["json"](shown):
        results.save(key, {"feedback.html": FORMATS["html"](shown), _RECORD: FORMATS["json"](shown)})
