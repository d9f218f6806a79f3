"""`grader grade`: a class."""

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli._progress import progress
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
    TrustOption,
    options,
    require_confinement,
    require_layer,
)

if TYPE_CHECKING:
    from grader.batch import ClassResult
    from grader.core.handin import HandedIn


def command(
    handed_in: Annotated[
        Path,
        typer.Argument(help="A platform's export, packed or not, or a folder with a folder for each submission."),
    ],
    rubric: RubricOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where pages, records, the store and gradebook.csv lie.")],
    layout: Annotated[
        str | None, typer.Option("--layout", help="How the export is laid out, where it isn't recognised.")
    ] = None,
    assignment: Annotated[
        str | None, typer.Option("--assignment", help="Which assignment is graded, of an export that holds several.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            exists=True,
            dir_okay=False,
            help="A CSV of everyone in the class: who handed in nothing gets a row.",
        ),
    ] = None,
    due: Annotated[str | None, typer.Option("--due", help="When it was due; else as the rubric says.")] = None,
    extensions: Annotated[
        Path | None,
        typer.Option(
            "--extensions", exists=True, dir_okay=False, help="A YAML file of what single people were granted."
        ),
    ] = None,
    trust: TrustOption = False,
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
    workers: Annotated[
        int | None, typer.Option("--workers", "-j", min=1, help="Processes that grade side by side; else one a core.")
    ] = None,
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="The address of a dask scheduler, whose workers grade.")
    ] = "",
    store: Annotated[
        str, typer.Option("--store", help="A database's URL (postgresql://…); else grades.db in the output folder.")
    ] = "",
) -> None:
    """Grade a class: every submission of an export, side by side.

    Each result is kept as soon as it is there. The same command goes on where an earlier one was interrupted, and finds
    nothing anew that was found before from the same files, rubric, data and settings.

    Each submission first gets an equal share of the class's hours. Those for which that was too short are graded once
    more from what the others left, and what is over even then waits for a person.

    Exit code 0: all were graded; 1: what was handed in can't be read for at least one, and a person does;
    4: the machine failed for at least one.
    """
    from grader.batch import Class, grade_class
    from grader.core.errors import RubricError
    from grader.extensions import read_extensions
    from grader.intake.handins import handed_in as recognised
    from grader.lateness import with_due
    from grader.machine import cores
    from grader.rubric import load_rubric
    from grader.store import Results
    from grader.tools import tools_for

    _apart(handed_in, out, store)
    loaded = load_rubric(rubric)
    if loaded.edition == "student":
        raise RubricError("is the student edition, which judges no answers", where=rubric, hint="Name the full rubric.")
    loaded = with_due(loaded, due) if due else loaded
    _same_assignment(out, loaded.id)
    found = recognised(handed_in, scratch=out / ".handed-in", layout=layout, assignment=assignment, roster=roster)
    _said(found)
    results = Results(out)
    people = (*(person for handin in found.handins for person in handin.people), *found.missing)
    granted = read_extensions(extensions, people, loaded.timezone, loaded.due_at) if extensions else {}
    salt = salt or loaded.salt or results.salt()
    told = options(retrain=retrain, seeds=seeds, salt=salt, fresh=fresh, device=device, budget=budget)
    with progress(loaded.id) as (watch, say):
        tools = tools_for(loaded, say)
        if layer is not None:
            require_layer(tools.sandbox, layer)
        require_confinement(tools.sandbox, loaded, trusted=trust)
        given = Class(
            handed_in=found,
            rubric=loaded,
            options=told,
            extensions=granted,
            seconds=hours and hours * 3600,
            workers=workers or cores(),
            scheduler=scheduler,
            command=shlex.join(["grader", *sys.argv[1:]]),
            source=str(handed_in),
        )
        try:
            graded = grade_class(given, out, tools, store or None, watch)
        except KeyboardInterrupt:
            say(f"stopped: what is graded is kept in {out}; the same command goes on from there")
            raise
    show(graded, out)


def _apart(handed_in: Path, out: Path, store: str) -> None:
    """Refuse to write results among what was handed in: the next run would take them for somebody's work."""
    places = {"--out": out} | ({"--store": Path(store)} if store and "://" not in store else {})
    for option, place in places.items():
        if handed_in.is_dir() and place.resolve().is_relative_to(handed_in.resolve()):
            raise typer.BadParameter(
                f"{place} lies in {handed_in}, and what is there was handed in: name a place beside it",
                param_hint=option,
            )


def _same_assignment(out: Path, rubric: str) -> None:
    """Refuse to write into the results of another assignment: they would be judged by a rubric that isn't theirs."""
    from grader.core.errors import MachineError
    from grader.files import STANDINGS
    from grader.store import Results

    if not (out / STANDINGS).is_file():
        return
    with suppress(MachineError):  # what can't be read is written anew
        held = Results(out).standings().rubric
        if held != rubric:
            raise typer.BadParameter(
                f"{out} holds the results of {held}, and this is {rubric}: name another folder. If the assignment was "
                f"renamed, remove {out / STANDINGS} first; nothing else is lost by that.",
                param_hint="--out",
            )


def _said(found: "HandedIn") -> None:
    """Say what was recognised before anything runs."""
    from grader.report._text import one_line

    for number, sentence in enumerate(found.said):
        typer.secho(one_line(sentence, 1000), err=True, fg="yellow" if number else None)


def show(graded: "ClassResult", out: Path) -> None:
    """Print the class and where its pages are; exit with 4 where the machine failed, else 1 where one was not read."""
    from rich.console import Console

    from grader.report._text import one_line
    from grader.report.terminal import class_table

    Console().print(class_table(graded.standings))
    for name, why in graded.ungraded.items():
        typer.secho(f"{one_line(name)} was not graded: {one_line(why, 1000)}", fg="red", err=True)
    if graded.known:
        typer.echo(f"Known before:   {graded.known}, from the same files, rubric, data and settings")
    typer.echo(f"Feedback pages: {out}/*/feedback.html")
    typer.echo(f"Class page:     {out}/class.html, for those who grade alone")
    typer.echo(f"Gradebook:      {out}/gradebook.csv")
    if (out / "salt.txt").is_file():
        typer.echo(f"Seeds:          {out}/salt.txt gives them; keep it from students, who could hunt them")
    if any(out.glob("*/pages/*.png")):
        typer.echo(f"PDF pages:      {out}/*/pages/, for answers that a person reads")
    if graded.left:
        left = ", ".join(map(one_line, graded.left[:20])) + (" …" if len(graded.left) > 20 else "")
        typer.secho(f"Of nobody in this class, and left as they were: {left}", fg="yellow", err=True)
    if any(standing.unread for standing in graded.standings):
        typer.secho("Some files or lines were read by nobody: each page names them.", fg="yellow", err=True)
    if any(standing.state == "error" for standing in graded.standings):
        typer.secho("The machine failed on some checks, which are not graded: see above.", fg="red", err=True)
        raise typer.Exit(4)
    if graded.ungraded:
        raise typer.Exit(1)
