"""`grader demo`: a small class, graded at once."""

import time
from pathlib import Path
from typing import Annotated

import typer

from grader.cli._progress import progress


def command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the pages are written.")] = Path("demo-report"),
) -> None:
    """Grade a built-in class of four on scikit-learn's handwritten digits; needs no download."""
    from grader.batch import Class, grade_class
    from grader.cli.grade import show
    from grader.intake.handins import handed_in
    from grader.resources import resource
    from grader.rubric import load_rubric
    from grader.tools import tools_for

    started = time.perf_counter()
    rubric = load_rubric("demo")
    found = handed_in(resource("reference") / "demo", scratch=out / ".handed-in", layout="plain")
    with progress("demo") as (watch, say):
        graded = grade_class(Class(handed_in=found, rubric=rubric), out, tools_for(rubric, say), watch=watch)
        say(f"graded in {time.perf_counter() - started:.0f} s")
    show(graded, out)
