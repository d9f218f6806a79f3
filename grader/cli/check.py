"""`grader check`: one submission."""

from pathlib import Path
from typing import Annotated

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
    exit_code,
    options,
    require_layer,
    say,
    write_page,
)
from grader.report import FORMATS

_NAMED = ", ".join(("table", *FORMATS))


def _known(format: str) -> str:
    if format not in ("table", *FORMATS):
        raise typer.BadParameter(f"{format} is none of: {_NAMED}")
    return format


def command(
    submission: Annotated[Path, typer.Argument(help="A folder, a zip or tar archive, or a single file.")],
    rubric: RubricOption,
    format: Annotated[str, typer.Option("--format", callback=_known, help=f"Standard output: {_NAMED}.")] = "table",
    html: Annotated[Path | None, typer.Option("--html", help="Write the feedback page to this file as well.")] = None,
    retrain: RetrainOption = True,
    seeds: SeedsOption = None,
    salt: SaltOption = "",
    fresh: FreshOption = False,
    device: DeviceOption = DeviceName.cpu,
    budget: BudgetOption = True,
    layer: RequireLayerOption = None,
) -> None:
    """Grade one submission.

    Exit code 0: every machine-judged point was earned; 1: points were lost, or the submission can't be read;
    3: the rubric is wrong; 4: the machine failed, and nobody lost points for it.
    """
    from grader.pipeline import grade_submission
    from grader.rubric import load_rubric
    from grader.tools import tools_for

    loaded = load_rubric(rubric)
    told = options(retrain=retrain, seeds=seeds, salt=salt, fresh=fresh, device=device, budget=budget)
    tools = tools_for(loaded, say)
    if layer is not None:
        require_layer(tools.sandbox, layer)
    grade = grade_submission(submission, loaded, tools, told)
    if format == "table":
        from rich.console import Console

        from grader.report.terminal import table

        Console().print(table(grade))
    else:
        typer.echo(FORMATS[format](grade))
    if html is not None:
        write_page(grade, html)
        say(f"feedback page: {html}")
    raise typer.Exit(exit_code(grade))
