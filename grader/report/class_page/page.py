"""Renders the class's page: one file that asks for nothing, runs no script but its own, and reads well without it."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from statistics import median

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.report._prose import prose
from grader.report._text import counted, one_line, plain, point_words, points
from grader.report.class_page import drawings, views
from grader.report.class_page.facts import ClassFacts
from grader.resources import resource


def render_class_page(facts: ClassFacts, link: Callable[[str], str] = views.page_of) -> str:
    """The page of these facts. `link` gives the address of a hand-in's page by its key.

    It names people and shows hidden checks: it is for those who grade.
    """
    scored = views.scores(facts)
    most = max((s.max_points for s in facts.standings.standings), default=0.0)
    networks = [network for handin in facts.handins.values() for network in handin.networks]
    environment, style, script = _environment()
    return environment.get_template("class/page.html.j2").render(
        facts=facts,
        title=facts.standings.title,
        overview=views.overview(facts),
        bins=drawings.bins(scored, most),
        middle=median(value for value, _ in scored) if scored else 0.0,
        middle_words=views.middle(facts),
        problems=views.problems(facts),
        panels=drawings.panels(networks),
        rows=views.rows(facts),
        cost=views.cost(facts),
        link=link,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _digest(text: str) -> str:
    """How a policy names the one style, or script, that it lets through."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> tuple[Environment, Markup, Markup]:
    environment = Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: plain(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "points": points,
        "point_words": point_words,
        "one_line": one_line,
        "counted": counted,
        "prose": prose,
        "duration": views.duration,
        "people": views.people,
    }
    environment.globals |= {
        "STATE": views.STATE,
        "histogram": drawings.histogram,
        "accuracies": drawings.accuracies,
        "sizes": drawings.sizes,
        "shares": drawings.shares,
        "small_share": drawings.small_share,
    }
    loaded = (environment.get_template(f"class/{name}").render() for name in ("style.css", "script.js"))
    style, script = map(Markup, loaded)  # ours, with nothing of anybody's in it
    return environment, style, script
