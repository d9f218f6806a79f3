"""`grader rubric`: look at a rubric, test it, write its schema."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli._shared import FreshOption, say

if TYPE_CHECKING:
    from grader.rubric.new import Draft

app = typer.Typer(help="Check a rubric, test it against its reference, print the JSON Schema.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A rubric's YAML file, or the id of one that comes with the grader.")]


@app.command()
def lint(rubric: Name) -> None:
    """Say what is wrong with a rubric, or probably not meant. Exit code 3 when it is wrong, 0 for warnings."""
    from grader.observation.evidence import labels_of
    from grader.observation.spellings import lost_spellings
    from grader.rubric import load_rubric
    from grader.rubric.lint import lint as warnings_of

    loaded = load_rubric(rubric)
    lost = lost_spellings(labels_of(loaded), {problem.id: problem.title for problem in loaded.problems})
    unfound = [
        f"{problem}: no answer would be found below a heading such as {', '.join(f'“{text}”' for text in headings[:5])}"
        for problem, headings in lost.items()
    ]
    for warning in (*warnings_of(loaded), *unfound):
        typer.secho(f"warning: {warning}", fg="yellow")
    judged = sum(c.points for p in loaded.problems for c in p.checks if c.type != "manual")
    size = f"{len(loaded.problems)} problems, {loaded.max_score:g} points"
    typer.echo(f"{loaded.id}: {size}, {judged:g} of them judged by the machine")


@app.command("test")
def try_out(rubric: Name, fresh: FreshOption = False) -> None:
    """Grade the reference submission, which must earn every machine-judged point, and every mutant of the rubric,
    which must lose exactly what it should. Exit code 3 when one doesn't."""
    from grader.core.errors import RubricError
    from grader.rubric import load_rubric
    from grader.rubric_trials import test_rubric
    from grader.tools import Options, tools_for

    loaded = load_rubric(rubric)
    failures = 0
    for trial in test_rubric(loaded, tools_for(loaded, say), Options(fresh=fresh)):
        typer.secho(f"{'ok  ' if not trial.faults else 'FAIL'} {trial.name}", fg=None if not trial.faults else "red")
        for fault in trial.faults:
            typer.echo(f"       {fault}")
        failures += bool(trial.faults)
    if failures:
        raise RubricError(f"{failures} of its trials did not end as it says", where=loaded.id)


@app.command()
def template(rubric: Name) -> None:
    """Print the form (answers.yaml) that students may fill in, one line for each answer that the machine judges."""
    from grader.rubric import load_rubric
    from grader.rubric.template import template as form_of

    typer.echo(form_of(load_rubric(rubric)), nl=False)


@app.command()
def items(
    rubric: Name,
    out: Annotated[Path, typer.Argument(help="The folder of results of a class.")],
    store: Annotated[str, typer.Option("--store", help="A database's URL; else grades.db in the folder.")] = "",
) -> None:
    """Write the rubric items that were made while a class was graded into the rubric's file, for the next class."""
    from grader.rubric.items import keep_items
    from grader.store import Decisions, Store

    with Store.open(store or out, create=False) as opened:
        kept = keep_items(rubric, Decisions(opened).items().values())
    for (problem, check), count in kept.items():
        typer.echo(f"{problem}, {check}: {count} {'item' if count == 1 else 'items'}")
    typer.echo(f"{rubric} has them now." if kept else "Nobody made an item of a check of this rubric.")


@app.command()
def docs() -> None:
    """Print docs/rubrics.md: how to write a rubric, with every check type and key."""
    from grader.rubric.docs import rubric_docs

    typer.echo(rubric_docs(), nl=False)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="Where to write it, such as quiz.yaml.")],
    title: Annotated[str | None, typer.Option(help="The assignment's title; asked for when it is missing.")] = None,
    problem: Annotated[
        list[str] | None,
        typer.Option(
            help="LABEL,POINTS,KIND,TITLE for each problem: 4B,2,number,Convolutions. Kinds: manual, number, "
            "shape, formula, figure, network. Asked for when there is none."
        ),
    ] = None,
) -> None:
    """Write a first version of a rubric: asks for what the options don't say."""
    from grader.core.errors import RubricError
    from grader.files import write_whole
    from grader.rubric.new import new_rubric

    if file.exists():
        raise RubricError("exists already; it is not overwritten", where=str(file))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip("-._") or "rubric"
    title = title or typer.prompt("Title of the assignment")
    drafts = [_draft(line) for line in problem] if problem else list(_asked())
    write_whole(file, new_rubric(name, title, drafts))
    typer.echo(f"{file}: {len(drafts)} problems, {sum(d.points for d in drafts):g} points. Next: fill in the checks,")
    typer.echo(f"  then: grader rubric lint {file}")


def _draft(line: str) -> "Draft":
    """`4B,2,number,Convolutions` as a problem. Raises RubricError for anything else."""
    from grader.core.errors import RubricError
    from grader.rubric.new import KINDS, Draft

    label, points, kind, title = [*(part.strip() for part in line.split(",", 3)), "", "", "", ""][:4]
    try:
        value = float(points)
    except ValueError:
        value = -1.0
    if not label or not 0 <= value < 1e6 or kind not in KINDS:
        raise RubricError(f"“{line}” is not LABEL,POINTS,KIND,TITLE", hint=f"Kinds: {', '.join(KINDS)}.")
    return Draft(id=label, points=value, kind=kind, title=title or f"Problem {label}")


def _asked() -> Iterator["Draft"]:
    from grader.rubric.new import KINDS

    for name, (what, _) in KINDS.items():
        typer.echo(f"  {name}: {what}")
    while label := typer.prompt("Label of a problem, such as 1A (empty to end)", default="", show_default=False):
        title = typer.prompt("  Title", default=f"Problem {label}")
        points = typer.prompt("  Points", type=float)
        kind = typer.prompt("  Kind of answer", default="manual")
        yield _draft(f"{label},{points},{kind},{title}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of rubrics, for completion and checking in an editor."""
    from grader.rubric import Rubric

    typer.echo(json.dumps(Rubric.model_json_schema(), indent=2))
