"""`grader inspect`: the networks in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli._shared import USUAL_DATASET, DatasetName, TrustOption

if TYPE_CHECKING:
    from grader.datasets import Dataset


def command(
    file: Annotated[Path, typer.Argument(help="A notebook, a script, or a model spec as JSON.")],
    rubric: Annotated[str | None, typer.Option("--rubric", "-r", help="The rubric whose budget stands beside.")] = None,
    problem: Annotated[str | None, typer.Option("--problem", "-p", help="The problem whose budget it is.")] = None,
    dataset: Annotated[
        DatasetName | None,
        typer.Option("--dataset", "-d", help=f"What it is taken to train on; else the rubric's, or {USUAL_DATASET}."),
    ] = None,
    shape: Annotated[str, typer.Option("--input", help="For a model spec: the shape of one sample.")] = "1,28,28",
    trust: TrustOption = False,
) -> None:
    """Show every network that a notebook trains: layers, output shapes, parameters, hidden units, and the budget."""
    from rich.console import Console

    from grader.inspection import budget, inspect_file
    from grader.report._text import one_line
    from grader.report.terminal import network_tables
    from grader.rubric import load_rubric

    if bool(rubric) != bool(problem):
        raise typer.BadParameter("a budget needs both --rubric and --problem")
    try:
        sizes = tuple(int(n) for n in shape.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--input {shape}: give numbers such as 1,28,28") from error
    loaded = load_rubric(rubric) if rubric else None
    taken = dataset.value if dataset else (loaded and loaded.dataset) or USUAL_DATASET.value
    data, missing = _data(taken) if file.suffix.lower() != ".json" else (None, "")
    models, notes = inspect_file(file, loaded, sizes, data, trusted=trust)
    console = Console()
    shown = [(model, budget(model, loaded, problem) if loaded and problem else []) for model in models]
    for table in network_tables(shown):
        console.print(table)
    for note in (*notes, *filter(None, [missing])):
        console.print(f"note: {one_line(note, 4000)}", markup=False, highlight=False)
    if not models:
        console.print("No network of PyTorch or Keras was trained.")
        raise typer.Exit(1)


def _data(name: str) -> tuple["Dataset | None", str]:
    """(the data set, or None, and then what is not looked at without it)."""
    from grader.core.errors import MachineError
    from grader.datasets import load_dataset

    try:
        return load_dataset(name), ""
    except MachineError as error:
        return None, f"what it was trained on is not compared with {name}: {error}"
