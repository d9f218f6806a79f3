"""`grader student`: what students get."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli._shared import RubricArgument, say

app = typer.Typer(help="Make what students get: an edition of the rubric that tells no answer.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `build` a command of its own, beside those to come."""


@app.command()
def build(
    rubric: RubricArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to hand out; made if it is missing.")],
    starter: Annotated[
        Path | None, typer.Option("--starter", help="A folder whose files students begin with; they are copied.")
    ] = None,
) -> None:
    """Make the folder to hand out: the student edition of a rubric, and the files that students begin with.

    In it `grader check` needs no options. Budgets, recipes and accuracies are judged as they will be; answers are read,
    and which are right isn't in the folder. Exit code 3 when a text that students see tells an answer.
    """
    from grader.core.errors import RubricError
    from grader.files import write_whole
    from grader.rubric import load_rubric
    from grader.rubric.edition import ENDING, edition_text, student_edition
    from grader.rubric.handout import copied
    from grader.rubric.lint import told

    loaded = load_rubric(rubric)
    edition = student_edition(loaded)
    told_by = list(told(loaded))
    if told_by:
        raise RubricError("; ".join(told_by), where=loaded.id, hint="Students would see these words: change them.")
    for file in copied(starter, out) if starter is not None else ():
        say(f"copied {file}")
    path = out / f"{loaded.id}{ENDING}"
    write_whole(path, edition_text(edition))
    checks = [check for problem in edition.problems for check in problem.checks]
    read = sum(check.points for check in checks if check.type == "read")
    judged = sum(check.points for check in checks if check.type not in ("read", "manual"))
    typer.echo(f"{path}: of {edition.max_score:g} points students see {judged:g} judged, {read:g} read.")
    typer.echo("Hand out this folder. In it, students type: grader check")
