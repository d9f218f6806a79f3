"""`grader export`: a class's results as its platform takes them."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:

    class Platform(StrEnum):
        """The platforms that results are handed on to."""
else:
    from grader.report.exports import EXPORTS

    Platform = StrEnum("Platform", {name: name for name in sorted(EXPORTS)})


class Missing(StrEnum):
    """What those get who handed in nothing."""

    empty = "empty"
    zero = "zero"


def command(
    out: Annotated[Path, typer.Argument(help="The folder of results of a class.")],
    to: Annotated[Platform, typer.Option("--to", help="The platform.")],
    folder: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where the files are written; else export/ in the folder.")
    ] = None,
    fill: Annotated[
        Path | None, typer.Option("--fill", help="A gradebook that the platform made: only its column is filled in.")
    ] = None,
    column: Annotated[str, typer.Option("--column", help="The column to fill, where the title doesn't name it.")] = "",
    partial: Annotated[
        bool, typer.Option("--partial", help="Hand on results too that wait for a person, with the points so far.")
    ] = False,
    missing: Annotated[
        Missing, typer.Option("--missing", help="What those get who handed in nothing.")
    ] = Missing.empty,
    store: Annotated[str, typer.Option("--store", help="A database's URL; else grades.db in the folder.")] = "",
) -> None:
    """Write points and feedback pages in the form that a platform imports.

    A result that waits for a person, or that the machine failed on, stays empty: it is said, and no silent 0.
    """
    from grader.core.errors import MachineError
    from grader.core.handover import Handover
    from grader.files import write_whole
    from grader.report.exports import EXPORTS
    from grader.store import Results, Store

    results = Results(out)
    known = results.standings()
    with Store.open(store or out, create=False) as opened:
        handed_in = opened.handed_in(known.run)
    try:
        given = fill.read_bytes() if fill else None
    except OSError as error:
        raise MachineError(f"can't be read: {error.strerror}", where=str(fill)) from error
    handover = Handover(
        title=known.title,
        standings=known.standings,
        handed_in=handed_in,
        pages=lambda key: results.page(key),
        given=given,
        column=column,
        partial=partial,
        missing=missing.value,
    )
    made = EXPORTS[to.value](handover)
    folder = folder or out / "export"
    for name, content in made.files.items():
        write_whole(folder / name, content)
        typer.echo(f"Written: {folder / name}")
    for sentence in made.said:
        typer.secho(sentence, err=True, fg="yellow")
