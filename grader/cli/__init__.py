"""The command line: one file a command. Nothing heavy is imported before a command needs it."""

import sys

import typer

from grader.cli import (
    alike,
    check,
    demo,
    diff,
    doctor,
    export,
    grade,
    gradescope,
    inspect,
    manual,
    retrain,
    review,
    rubric,
    student,
)
from grader.cli._terminal import asked_to_end, prepare

app = typer.Typer(
    name="grader",
    help="Grades deep-learning assignments: reads answers, inspects networks, retrains them over seeds.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("check")(check.command)
app.command("grade")(grade.command)
app.command("diff")(diff.command)
app.command("export")(export.command)
app.command("review")(review.command)
app.command("manual")(manual.command)
app.command("alike")(alike.command)
app.command("inspect")(inspect.command)
app.command("retrain")(retrain.command)
app.command("demo")(demo.command)
app.command("doctor")(doctor.command)
app.add_typer(rubric.app, name="rubric")
app.add_typer(student.app, name="student")
app.add_typer(gradescope.app, name="gradescope")


def main() -> None:
    """Run a command; a GraderError, or a file that is refused, ends it with a message and its own exit code."""
    prepare()
    try:
        app()
    except (KeyboardInterrupt, SystemExit) as end:
        if asked_to_end() or isinstance(end, KeyboardInterrupt):
            sys.exit(143 if asked_to_end() else 130)
        raise
    except Exception as error:
        from grader.core.errors import GraderError, MachineError

        if isinstance(error, OSError) and error.filename is not None:
            hint = "Look whether it is there, whether you may read and write it, and whether the disk has room."
            error = MachineError(error.strerror or str(error), where=str(error.filename), hint=hint)
        if isinstance(error, ModuleNotFoundError) and (why := _without(error)):
            error = MachineError(why)
        if not isinstance(error, GraderError):
            raise
        from grader.report._text import plain

        typer.secho(f"grader: {plain(str(error))}", err=True, fg="red")
        sys.exit(error.exit_code)


def _without(error: ModuleNotFoundError) -> str:
    """What to say where what is missing is an extra; empty where it is something else."""
    from grader.machine import TORCH, without_torch

    return without_torch() if (error.name or "").partition(".")[0] in TORCH else ""
