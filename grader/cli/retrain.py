"""`grader retrain`: one network, trained again under several seeds."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.cli._shared import (
    USUAL_DATASET,
    DatasetName,
    DeviceName,
    DeviceOption,
    FreshOption,
    SaltOption,
    TrustOption,
    say,
)


class RuleName(StrEnum):
    """How it is decided that enough is known."""

    majority = "majority"
    margin = "margin"


def command(
    file: Annotated[Path, typer.Argument(help="A notebook or a script that trains the network.")],
    accuracy: Annotated[float, typer.Option("--accuracy", "-a", min=0.0, max=1.0, help="The accuracy to reach.")],
    dataset: Annotated[DatasetName, typer.Option("--dataset", "-d")] = USUAL_DATASET,
    variable: Annotated[str | None, typer.Option("--variable", help="The network's variable; else the last.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=99, help="Trainings planned.")] = 5,
    rule: Annotated[RuleName, typer.Option("--rule", help="margin stops early at a clear pass.")] = RuleName.margin,
    time_budget: Annotated[float | None, typer.Option("--time-budget", min=1.0, help="Seconds.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Write the accuracies as an SVG to this file.")] = None,
    salt: SaltOption = "",
    fresh: FreshOption = False,
    device: DeviceOption = DeviceName.cpu,
    trust: TrustOption = False,
) -> None:
    """Train a notebook's network again under several seeds: does it reach an accuracy more than half the times?

    By its recipe, or, where that can't hold all of the training, by running the notebook in full each time.

    Finished epochs are kept: Ctrl-C, or a time budget, loses none of them, and the next call goes on from there.
    Exit code 0: reached; 1: missed, or it can't be trained; 4: not decided.
    """
    import math

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from grader.core.errors import SubmissionError
    from grader.core.fault import Fault
    from grader.core.limits import Limits
    from grader.datasets import load_dataset
    from grader.inspection import inspect_file, replays_of
    from grader.report._text import one_line
    from grader.report.terminal import network_table, retraining_table
    from grader.training.again import train_again
    from grader.training.decision import Rule
    from grader.training.gaps import gaps
    from grader.training.proof import proved_device

    console = Console()
    trained_on = proved_device(device.value)
    data = load_dataset(dataset.value)
    say(f"running {file}")
    models, notes = inspect_file(file, None, tuple(data.train.images.shape[1:]), data, trusted=trust)
    models = tuple(m for m in models if m.recipe and (variable is None or m.variable == variable))
    if not models:
        raise SubmissionError("trains no network" + (f" called {variable}" if variable else ""), where=str(file))
    model = models[-1]
    console.print(network_table(model, []))
    for note in notes:
        console.print(f"note: {one_line(note, 4000)}", markup=False, highlight=False)
    if missing := gaps(model):
        console.print(f"note: not by its recipe alone: {'; '.join(missing)}", markup=False, highlight=False)
    limits = Limits().times(math.inf)  # whoever trains one network by hand has the time for it
    columns = (TextColumn("epochs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        result = train_again(
            model,
            data,
            replays_of(file, limits, fresh=fresh) if missing else None,
            threshold=accuracy,
            rule=Rule(kind=rule.value, planned=seeds),
            limits=limits,
            device=trained_on,
            salt=salt,
            fresh=fresh,
            time_budget=time_budget or math.inf,
            on_lane=lambda lane: progress.console.print(f"seed {lane.seed}: {lane.accuracy:.4f}", highlight=False),
            on_epoch=lambda done, total: progress.update(task, completed=done, total=total),
        )
    console.print(retraining_table(result))
    if plot is not None:
        from grader.report.plots import svg

        plot.write_bytes(svg(result))
        say(f"plot: {plot}")
    raise typer.Exit({"reached": 0, "missed": 1}.get(result.verdict, 1 if result.fault is Fault.student else 4))
