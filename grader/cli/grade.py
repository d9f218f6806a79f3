"""`grader grade`: a class."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli._shared import (
    BudgetOption,
    DeviceName,
    DeviceOption,
    FreshOption,
    RequireLayerOption,
    RetrainOption,
    RubricOption,
    SaltOption,
    SeedsOption,
    options,
    require_layer,
    say,
)

if TYPE_CHECKING:
    from grader.batch import ClassResult


def command(
    folder: Annotated[Path, typer.Argument(help="A folder with one folder or archive for each submission.")],
    rubric: RubricOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where pages, records and gradebook.csv are written.")],
    trust: Annotated[
        bool,
        typer.Option("--trust-submissions", help="Run notebooks even where nothing keeps them from this machine."),
    ] = False,
    layer: RequireLayerOption = None,
    retrain: RetrainOption = True,
    seeds: SeedsOption = None,
    salt: SaltOption = "",
    fresh: FreshOption = False,
    device: DeviceOption = DeviceName.cpu,
    budget: BudgetOption = True,
    hours: Annotated[
        float | None, typer.Option("--hours", min=0.01, help="For the whole class; else 12, or 144 s a submission.")
    ] = None,
) -> None:
    """Grade every submission of a folder, one after another.

    Each result is written as soon as it is there, and what is already in the output folder stays when a run is
    interrupted.

    Each submission first gets an equal share of the class's hours. Those for which that was too short are graded once
    more from what the others left, and what is over even then waits for a person.

    Exit code 0: all were graded; 1: what was handed in can't be read for at least one, and a person does;
    4: the machine failed for at least one.
    """
    from grader.batch import grade_class
    from grader.core.errors import MachineError
    from grader.rubric import load_rubric
    from grader.store import Results
    from grader.tools import tools_for

    loaded = load_rubric(rubric)
    salt = salt or loaded.salt or Results(out).salt()
    told = options(retrain=retrain, seeds=seeds, salt=salt, fresh=fresh, device=device, budget=budget)
    tools = tools_for(loaded, say)
    if layer is not None:
        require_layer(tools.sandbox, layer)
    if tools.sandbox.layer == "limits" and not trust:
        raise MachineError(
            tools.sandbox.sentence,
            hint="Install bubblewrap (apt install bubblewrap), or say --trust-submissions if you know these students.",
        )
    show(grade_class(folder, loaded, out, tools, told, seconds=hours and hours * 3600), out)


def show(graded: "ClassResult", out: Path) -> None:
    """Print the class and where its pages are; exit with 4 where the machine failed, else 1 where one was not read."""
    from rich.console import Console

    from grader.report._text import one_line
    from grader.report.terminal import class_table

    Console().print(class_table(graded.grades))
    for name, why in graded.ungraded.items():
        typer.secho(f"{one_line(name)} was not graded: {one_line(why, 1000)}", fg="red", err=True)
    typer.echo(f"Feedback pages: {out}/*/feedback.html")
    typer.echo(f"Gradebook:      {out}/gradebook.csv")
    if (out / "salt.txt").is_file():
        typer.echo(f"Seeds:          {out}/salt.txt gives them; keep it from students, who could hunt them")
    if any(out.glob("*/pages/*.png")):
        typer.echo(f"PDF pages:      {out}/*/pages/, for answers that a person reads")
    if any(grade.unread for grade in graded.grades):
        typer.secho("Some files or lines were read by nobody: each page names them.", fg="yellow", err=True)
    if any(grade.machine_failed for grade in graded.grades):
        typer.secho("The machine failed on some checks, which are not graded: see above.", fg="red", err=True)
        raise typer.Exit(4)
    if graded.ungraded:
        raise typer.Exit(1)
