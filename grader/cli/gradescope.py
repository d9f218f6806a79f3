"""`grader gradescope`: the autograder for Gradescope, built here and run there."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli._shared import RubricArgument, SaltOption, TrustOption, say

app = typer.Typer(help="Make an autograder for Gradescope, and grade in its container.", no_args_is_help=True)


@app.command()
def build(
    rubric: RubricArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The zip to write.")] = Path("autograder.zip"),
    minutes: Annotated[
        float,
        typer.Option("--minutes", min=1, max=1440, help="What Gradescope gives to a submission, in its settings."),
    ] = 10,
    torch_index: Annotated[
        str, typer.Option("--torch-index", help="A package index with PyTorch's builds for CPUs, which are small.")
    ] = "",
    salt: SaltOption = "",
    trust: TrustOption = False,
    measure: Annotated[
        bool,
        typer.Option("--measure/--no-measure", help="Grade the reference, to say how large a container is needed."),
    ] = True,
) -> None:
    """Make the autograder that is uploaded to Gradescope: the grader, the rubric and its data in one zip.

    The same input gives the same zip. It says how large a container the rubric needs, where there is a reference
    submission to tell from. Inside lies a Dockerfile too, for an image of one's own.
    """
    from grader.files import write_whole
    from grader.gradescope.bundle import bundle

    made = bundle(rubric, minutes=minutes, salt=salt, trust=trust, torch_index=torch_index)
    write_whole(out, made.content)
    typer.echo(f"{out}: {len(made.content) / 1e6:,.1f} MB")
    for name, size in made.sizes.items():
        typer.echo(f"  {name}: {size / 1e6:,.2f} MB")
    for warning in made.warnings:
        typer.secho(warning, fg="yellow", err=True)
    if measure:
        _say_size(rubric, minutes)


def _say_size(name: str, minutes: float) -> None:
    """How large a container the rubric needs, by its reference."""
    from grader.core.errors import RubricError
    from grader.gradescope.size import SIZES, size_of
    from grader.rubric import load_rubric

    try:
        size = size_of(load_rubric(name), say)
    except RubricError as error:
        typer.echo(f"How large a container it needs can't be told: {error.found}.")
        return
    typer.echo(
        f"The reference took {size.memory_mb:,.0f} MB at most, and {size.seconds:,.0f} s without training; all "
        f"trainings together may take a core {size.training:,.0f} s."
    )
    if fitting := size.fits(minutes):
        typer.echo(f"Choose {fitting[0]:g} CPU and {fitting[1] / 1024:g} GB, or more.")
        return
    needed = size.minutes(SIZES[-1][0])
    typer.secho(
        f"Even the largest container takes about {needed:,.0f} of {minutes:g} minutes, with {size.memory_mb:,.0f} MB.",
        fg="yellow",
    )


@app.command()
def run(
    root: Annotated[
        Path, typer.Option("--root", help="Where the platform's folders lie: source, submission, results.")
    ] = Path("/autograder"),
) -> None:
    """Grade the submission in the platform's folders, as run_autograder does in the container.

    Exit code 0 when results.json says how it stands; 3 or 4 when rubric or settings can't be read.
    """
    from grader.gradescope.place import Place
    from grader.gradescope.run import grade_here
    from grader.report._text import points

    place = Place(root=root)
    grade = grade_here(place, say)
    typer.echo(f"{place.results}: {points(grade.final)} of {points(grade.max_score)} points")
    for problem in grade.problems:
        for check in problem.checks:
            if check.status == "error":
                typer.echo(f"not graded: {problem.id} {check.name}: {check.message}")
