"""The pairs of a class that are alike: a page, a table for a terminal, a record; for those who grade alone."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from rich.markup import escape
from rich.table import Table

from grader.alike.record import Alike, Pair
from grader.report._text import one_line, plain
from grader.resources import resource

NOTICE = (
    "For those who grade alone: it names people. It is a list of what to look at, no verdict: who was given the same, "
    "worked from the same example or set the same seed may rightly have the same."
)


def page(found: Alike) -> str:
    """The page: a single file without scripts."""
    return _template().render(found=found, NOTICE=NOTICE, shares=shares)


def record(found: Alike) -> str:
    """The same as JSON: `alike.json`."""
    return found.model_dump_json(indent=2) + "\n"


def table(found: Alike) -> Table:
    """The same for a terminal, a line a pair."""
    shown = Table("", "Pair", "What they share", title="Nearly alike", caption=NOTICE)
    for pair in found.pairs:
        names = " – ".join(one_line(name, 60) for name in pair.names)
        shown.add_row(f"{pair.strength:.0%}", escape(names), escape("; ".join(shares(pair))))
    return shown


def shares(pair: Pair) -> list[str]:
    """What a pair shares, each in a few words."""
    parts = [f"{share.kind}: {share.of_own[0]:.0%} and {share.of_own[1]:.0%} of their own" for share in pair.shares]
    return [*parts, *(f"{fact.kind}: {one_line(fact.words, 120)}" for fact in pair.facts)]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: plain(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"one_line": one_line}
    return environment.get_template("alike.html.j2")
