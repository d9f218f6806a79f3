"""The feedback page of one student: a single file without scripts that works on a laptop, a phone and paper."""

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from grader.core.evidence import Retraining
from grader.core.outcome import Grade
from grader.report import _networks, _summary
from grader.report._code import coloured
from grader.report._prose import markdown, prose
from grader.report._student import for_student
from grader.report._text import one_line, plain, point_words, points
from grader.resources import resource

if TYPE_CHECKING:
    from grader.report.plots import Plots


def render(grade: Grade) -> str:
    """The page for the student: without the checks that are hidden or not yet shown, and the rubric's notes."""
    copy = for_student(grade)
    return _template().render(copy=copy, grade=copy.grade, tally=_summary.tally(copy.grade))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "coloured": coloured,
        "points": points,
        "point_words": point_words,
        "one_line": one_line,
        "prose": prose,
        "markdown": markdown,
    }
    environment.globals |= {
        "STATUS": _summary.STATUS,
        "MACHINE_FAILED": _summary.MACHINE_FAILED,
        "READ_ONLY": _summary.READ_ONLY,
        "UNREAD": _summary.UNREAD,
        "lost": _summary.points_lost,
        "problem_lost": _summary.problem_lost,
        "found": _summary.found,
        "late_sentence": _summary.late_sentence,
        "look_first": _summary.look_first,
        "to_read": _summary.to_read,
        "name_of": _summary.name_of,
        "message": _summary.message,
        "reason": _summary.reason,
        "signed": _summary.signed,
        "machine_words": _summary.machine_words,
        "sandbox_sentence": _summary.sandbox_sentence,
        "budget": _networks.budget,
        "recipe_lines": _networks.recipe_lines,
        "retraining_words": _networks.retraining_words,
        "lane_words": _networks.lane_words,
        "plots": _plots,
    }
    return environment.get_template("feedback.html.j2")


def _clean(value: object) -> object:
    """Every expression of a template passes here; what is markup already came from a template."""
    return plain(value) if type(value) is str else value


def _plots(training: Retraining) -> "Plots | None":
    if not training.lanes:
        return None
    from grader.report.plots import retraining  # matplotlib takes a second to import, and some pages need no plot

    return retraining(training)
