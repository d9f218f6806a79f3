"""`grader alike`: which hand-ins of a class share more than chance and the handout explain."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli._shared import say


def command(
    out: Annotated[Path, typer.Argument(help="The folder of results of a class.")],
    handout: Annotated[
        list[Path] | None, typer.Option("--handout", help="What everyone was given: a folder, an archive or a file.")
    ] = None,
    store: Annotated[str, typer.Option("--store", help="A database's URL; else grades.db in the folder.")] = "",
) -> None:
    """List pairs of submissions that are nearly alike, with what they share: for a person to look at, no verdict.

    Code is compared up to names, order and layout, text up to words that all use, and networks, printed numbers and
    wrong answers as they are. What was handed out, and what more than a third of the class has, counts for nobody.
    The list is written to alike.html and alike.json in the folder; it names people.
    """
    from rich.console import Console

    from grader.alike.find import alike
    from grader.core.errors import MachineError
    from grader.execution import find_sandbox, warm_workers
    from grader.files import write_whole
    from grader.report import _alike
    from grader.store import Store
    from grader.works import work_of

    with Store.open(store or out, create=False) as opened, warm_workers(say) as warm:
        runs = opened.runs()
        handed_in = opened.handed_in(runs[-1].number) if runs else None
        if handed_in is None:
            raise MachineError("holds no class yet", where=str(out), hint="Grade one first: grader grade")
        sandbox = find_sandbox().model_copy(update={"warm": warm})
        current = opened.current()
        works = []
        for number, handin in enumerate(handed_in.handins, 1):
            say(f"{number} of {len(handed_in.handins)}: {handin.key}")
            works.append(work_of(handin, sandbox, current[handin.key].grade if handin.key in current else None))
        found = alike(works, [work_of(path, sandbox) for path in handout or ()])
    write_whole(out / "alike.html", _alike.page(found))
    write_whole(out / "alike.json", _alike.record(found))
    Console().print(_alike.table(found))
    for sentence in found.said:
        typer.secho(sentence, err=True, fg="yellow")
    typer.echo(f"Page: {out}/alike.html")
