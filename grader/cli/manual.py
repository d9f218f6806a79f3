"""`grader manual`: people's points in a table, out and in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grader.manual import Form


def command(
    out: Annotated[Path, typer.Argument(help="The folder of results of a class.")],
    write: Annotated[
        Path | None, typer.Option("--write", "-w", help="Write what waits for a person, and what was decided, here.")
    ] = None,
    read: Annotated[
        Path | None, typer.Option("--read", "-r", exists=True, dir_okay=False, help="Keep what this table says.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Write also what the machine judged.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who decides; else who is logged in.")] = "",
    store: Annotated[str, typer.Option("--store", help="A database's URL; else grades.db in the folder.")] = "",
) -> None:
    """Give points offline: a table with a row for each check that waits for a person, filled in and read again.

    It is CSV for a spreadsheet, or YAML for an editor where the file's name ends with .yaml or .yml.

    Points, a comment for the student (Markdown), and the reason where the machine is overruled. A table may be read
    again and again: what is unchanged is left alone, and what somebody else decided in between is not overwritten.

    Exit code 0: all was kept; 1: the table can't be read, or somebody else was first somewhere, which is listed.
    """
    import getpass
    from datetime import UTC, datetime

    from grader.core.errors import Conflict, SubmissionError
    from grader.files import write_whole
    from grader.manual import read as read_table
    from grader.manual import table
    from grader.refresh import refresh
    from grader.report._text import one_line
    from grader.store import Results, Store

    if (write is None) == (read is None):
        raise typer.BadParameter("say --write FILE or --read FILE")
    with Store.open(store or out, create=False) as opened:
        if write is not None:
            write_whole(write, table(opened, everything=everything, form=_form(write)))
            typer.echo(f"{write}: fill in points, comment and reason")
            return
        assert read is not None
        try:
            text, who = read.read_text(encoding="utf-8-sig"), by or getpass.getuser()
            found = read_table(opened, text, who, datetime.now(UTC), _form(read))
        except SubmissionError as error:
            raise SubmissionError(error.found, where=str(read), hint=error.hint) from error
        except UnicodeDecodeError as error:
            raise SubmissionError("is no text in UTF-8", where=str(read), hint="Save it in UTF-8.") from error
        except Conflict as conflict:
            raise SubmissionError(
                "somebody decided at the same moment, and nothing was kept", where=str(read), hint="Read it once more."
            ) from conflict
        if found.kept:
            refresh(opened, Results(out))
    typer.echo(f"{len(found.kept)} decisions kept, {found.unchanged} rows say nothing new")
    for sentence in found.conflicts:
        typer.secho(f"Not kept: {one_line(sentence, 1000)}", fg="yellow", err=True)
    if found.conflicts:
        raise typer.Exit(1)


def _form(file: Path) -> "Form":
    return "yaml" if file.suffix.lower() in (".yaml", ".yml") else "csv"
