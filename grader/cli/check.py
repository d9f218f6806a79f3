"""`grader check`: one submission, as its student sees it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grader.cli._shared import (
    BudgetOption,
    DeviceName,
    DeviceOption,
    FreshOption,
    RequireLayerOption,
    RetrainOption,
    SaltOption,
    SeedsOption,
    TrustOption,
    exit_code,
    options,
    require_confinement,
    require_layer,
    say,
    write_page,
)
from grader.report import FORMATS

if TYPE_CHECKING:
    from grader.core.outcome import Grade
    from grader.rubric.model import Gradescope

_NAMED = ", ".join(("table", *FORMATS))
_EPOCHS_SECONDS = 5.0  # between two lines that say how far a training is


def _known(format: str) -> str:
    if format and format not in ("table", *FORMATS):
        raise typer.BadParameter(f"{format} is none of: {_NAMED}")
    return format


def command(
    submission: Annotated[
        Path, typer.Argument(help="A folder, a zip or tar archive, or a single file; the folder you are in without it.")
    ] = Path("."),
    rubric: Annotated[
        str,
        typer.Option(
            "--rubric", "-r", help="A rubric's YAML file, or its id; without it the one that your course handed out."
        ),
    ] = "",
    format: Annotated[
        str, typer.Option("--format", callback=_known, help=f"Standard output: {_NAMED}; a checklist without it.")
    ] = "",
    html: Annotated[Path | None, typer.Option("--html", help="Write the feedback page to this file as well.")] = None,
    staff: Annotated[
        bool, typer.Option("--staff", help="For whoever grades: hidden checks and notes are shown as well.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file changes, until Ctrl-C.")] = False,
    retrain: RetrainOption = True,
    seeds: SeedsOption = None,
    salt: SaltOption = "",
    fresh: FreshOption = False,
    device: DeviceOption = DeviceName.cpu,
    budget: BudgetOption = True,
    trust: TrustOption = False,
    layer: RequireLayerOption = None,
) -> None:
    """Check one submission: what is missing, what is over the budget, what accuracy it reaches, what was read.

    In a folder with what the course handed out it needs no options. What a student may not see is left out of every
    format, unless --staff is said.

    Exit code 0: every machine-judged point was earned; 1: points were lost, or the submission can't be read;
    3: the rubric is wrong; 4: the machine failed, and nobody lost points for it.
    """
    from grader.core.errors import MachineError, SubmissionError
    from grader.core.kept import Remembered
    from grader.execution import kept_runs
    from grader.pipeline import grade_submission, set_aside
    from grader.rubric import load_rubric
    from grader.rubric.edition import find_edition
    from grader.tools import tools_for

    if html is not None and submission.is_dir() and html.resolve().is_relative_to(submission.resolve()):
        raise typer.BadParameter(f"{html} would lie among what is handed in, and be read as an answer; name another")
    loaded = load_rubric(rubric or find_edition(submission if submission.is_dir() else submission.parent))
    told = options(retrain=retrain, seeds=seeds, salt=salt, fresh=fresh, device=device, budget=budget)
    tools = tools_for(loaded, say).model_copy(update={"epochs": _epochs()})
    if layer is not None:
        require_layer(tools.sandbox, layer)
    require_confinement(tools.sandbox, loaded, trusted=trust, own=True)
    shown = format or ("table" if staff else "checklist")
    given = submission.resolve() if submission == Path(".") else submission  # its name is the folder's
    if watch:
        from grader.cli._watching import changes

        kept = Remembered()
        tools = tools.model_copy(update={"run": kept_runs(tools.run, kept), "kept": kept})
        for changed in changes(given):
            if changed:
                say(f"changed: {', '.join(changed)}")
            try:
                show(grade_submission(given, loaded, tools, told), shown, html, loaded.gradescope, staff=staff)
            except SubmissionError as error:  # half saved, or not there yet
                say(str(error))
            say("waiting for changes; Ctrl-C ends")
        return
    try:
        grade = grade_submission(given, loaded, tools, told)
    except (SubmissionError, MachineError) as error:
        if shown != "gradescope":
            raise
        # Where results.json isn't there, the platform shows a broken autograder to the student.
        status: Literal["manual", "error"] = "error" if isinstance(error, MachineError) else "manual"
        grade = set_aside(given.name, loaded, tools, error.found, status)
        show(grade, shown, html, loaded.gradescope, staff=staff)
        say(str(error))
        raise typer.Exit(error.exit_code) from error
    show(grade, shown, html, loaded.gradescope, staff=staff)
    raise typer.Exit(exit_code(grade))


def show(
    grade: "Grade", format: str, html: Path | None, gradescope: "Gradescope | None" = None, *, staff: bool
) -> None:
    """Print it in its format, and write the page; `gradescope` is what the rubric says of that platform's page."""
    from grader.report._student import for_student

    copy = for_student(grade)
    # The pages for students leave out by themselves what students don't see, and say that they did.
    seen = grade if staff or format in ("html", "markdown", "checklist", "github") else copy.grade
    if format == "table":
        from rich.console import Console

        from grader.report.terminal import table

        Console().print(table(seen))
        if copy.withheld and not staff:
            typer.echo(f"Not counted here: {copy.all_withheld.sentence()}")
    elif format == "gradescope" and gradescope:
        from grader.report.gradescope import of_run

        typer.echo(of_run(seen, gradescope), nl=False)
    else:
        typer.echo(FORMATS[format](seen), nl=False)
    if html is not None:
        write_page(grade, html)
        say(f"feedback page: {html}")


def _epochs() -> Callable[[str, int, int], None]:
    """Says now and then how far a training is, in lines of their own: nothing is drawn over."""
    last = [time.monotonic()]

    def told(problem: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - last[0] >= _EPOCHS_SECONDS:
            last[0] = now
            say(f"{problem}: {done} of {total} epochs trained")

    return told
