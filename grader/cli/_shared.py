"""Options and small helpers that several commands use."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grader.core.outcome import Grade

RubricOption = Annotated[
    str, typer.Option("--rubric", "-r", help="A rubric's YAML file, or the id of one that comes with the grader.")
]
SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", min=1, max=99, help="Trainings planned for each network; else as in the rubric."),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Train again even what an earlier run has trained with the same seed.")
]
RetrainOption = Annotated[
    bool,
    typer.Option("--retrain/--no-retrain", help="Train the networks again; without it a person decides accuracies."),
]


def say(message: str) -> None:
    """Progress goes to standard error, so that standard output holds the result alone."""
    typer.secho(f"  {message}", err=True, dim=True)


def write_page(grade: "Grade", path: Path) -> None:
    """Write the feedback page."""
    from grader.files import write_whole
    from grader.report import FORMATS

    write_whole(path, FORMATS["html"](grade))


def exit_code(grade: "Grade") -> int:
    """0: nothing lost; 1: the student lost points; 4: the machine failed somewhere."""
    if grade.status == "incomplete":
        return 4
    return 1 if grade.lost > 1e-9 else 0
