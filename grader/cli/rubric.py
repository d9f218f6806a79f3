"""`grader rubric`: look at a rubric, test it, write its schema."""

import json
from typing import Annotated

import typer

from grader.cli._shared import FreshOption, say

app = typer.Typer(help="Check a rubric, test it against its reference, print the JSON Schema.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A rubric's YAML file, or the id of one that comes with the grader.")]


@app.command()
def lint(rubric: Name) -> None:
    """Say what is wrong with a rubric, or probably not meant. Exit code 3 when it is wrong, 0 for warnings."""
    from grader.rubric import load_rubric
    from grader.rubric.lint import lint as warnings_of

    loaded = load_rubric(rubric)
    for warning in warnings_of(loaded):
        typer.secho(f"warning: {warning}", fg="yellow")
    judged = sum(c.points for p in loaded.problems for c in p.checks if c.type != "manual")
    size = f"{len(loaded.problems)} problems, {loaded.max_score:g} points"
    typer.echo(f"{loaded.id}: {size}, {judged:g} of them judged by the machine")


@app.command("test")
def try_out(rubric: Name, fresh: FreshOption = False) -> None:
    """Grade the reference submission, which must earn every machine-judged point, and every mutant of the rubric,
    which must lose exactly what it should. Exit code 3 when one doesn't."""
    from grader.core.errors import RubricError
    from grader.pipeline import Options, tools_for
    from grader.rubric import load_rubric
    from grader.selftest import test_rubric

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
def schema() -> None:
    """Print the JSON Schema of rubrics, for completion and checking in an editor."""
    from grader.rubric import Rubric

    typer.echo(json.dumps(Rubric.model_json_schema(), indent=2))
