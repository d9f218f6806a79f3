"""`grader diff`: whose points changed between two runs."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grader.core.stored import Run


class DiffFormat(StrEnum):
    """How the changes are printed."""

    table = "table"
    json = "json"


def command(
    out: Annotated[str, typer.Argument(help="The folder of results of a class, or the URL of its database.")],
    run: Annotated[
        list[int] | None,
        typer.Option("--run", help="A run by its number: two of them, or one to compare with the last."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the runs instead.")] = False,
    format: Annotated[DiffFormat, typer.Option("--format", "-f", help="How it is printed.")] = DiffFormat.table,
) -> None:
    """Say whose points changed between two runs, in which check, from what to what, and why.

    Without --run these are the last two. What held after each is compared: a run that failed on a submission, or had
    no time for it, leaves an earlier and better known result as it was, and that is said.
    """
    from rich.console import Console

    from grader.core.portable import as_json
    from grader.report._changes import changes_table, runs_table
    from grader.store import Store
    from grader.store.changes import changes

    with Store.open(out, create=False) as store:
        runs = store.runs()
        if listed and format == DiffFormat.json:
            typer.echo(as_json([one.model_dump(mode="json") for one in runs], indent=2))
        elif listed:
            Console().print(runs_table(runs))
        else:
            found = changes(store, *_two(runs, run or []))
            if format == DiffFormat.json:
                typer.echo(as_json(found, indent=2))
            else:
                Console().print(changes_table(found))


def _two(runs: "list[Run]", numbers: list[int]) -> "tuple[Run, Run]":
    """The two runs that are meant, the earlier one first."""
    by_number = {run.number: run for run in runs}
    if unknown := [number for number in numbers if number not in by_number]:
        raise typer.BadParameter(f"there is no run {unknown[0]}; --list shows those that there are")
    if len(by_number) < 2:
        raise typer.BadParameter("two runs are compared, and fewer are there")
    others = [number for number in by_number if number not in numbers]
    chosen = sorted({*numbers, *(others[len(numbers) - 2 :] if len(numbers) < 2 else ())})
    if len(chosen) != 2:
        raise typer.BadParameter("two different runs are compared: name two, or one to compare with the last")
    return by_number[chosen[0]], by_number[chosen[1]]
