"""Options and small helpers that several commands use."""

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.guest.datasets import data_sets

if TYPE_CHECKING:
    from grader.core.outcome import Grade
    from grader.execution import Sandbox
    from grader.rubric import Rubric
    from grader.tools import Options


class LayerName(StrEnum):
    """The layers of protection, the strongest first."""

    jail = "jail"
    uid = "uid"
    landlock = "landlock"
    limits = "limits"


if TYPE_CHECKING:

    class DatasetName(StrEnum):
        """The data sets that networks are trained on."""
else:
    DatasetName = StrEnum("DatasetName", {name: name for name in data_sets()})

USUAL_DATASET = DatasetName("mnist")


class DeviceName(StrEnum):
    """What networks may be trained on."""

    cpu = "cpu"
    cuda = "cuda"


RubricOption = Annotated[
    str, typer.Option("--rubric", "-r", help="A rubric's YAML file, or the id of one that comes with the grader.")
]
RubricArgument = Annotated[
    str, typer.Argument(help="A rubric's YAML file, or the id of one that comes with the grader.")
]
SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", min=1, max=99, help="Trainings planned for each network; else as in the rubric."),
]
SaltOption = Annotated[
    str, typer.Option("--salt", help="What gives the seeds: that of a class (its salt.txt), to see what it saw.")
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Train again even what an earlier run has trained with the same seed.")
]
RetrainOption = Annotated[
    bool,
    typer.Option("--retrain/--no-retrain", help="Train the networks again; without it a person decides accuracies."),
]
DeviceOption = Annotated[
    DeviceName,
    typer.Option("--device", help="Where networks are trained again; a GPU after grader doctor --prove cuda."),
]
BudgetOption = Annotated[
    bool,
    typer.Option("--budget/--no-budget", help="Leave to a person what takes longer than the rubric's limits allow."),
]
TrustOption = Annotated[
    bool,
    typer.Option("--trust-submissions", help="Run notebooks even where nothing keeps them from this machine."),
]
RequireLayerOption = Annotated[
    LayerName | None,
    typer.Option("--require-layer", help="Refuse to run notebooks behind less than this; grader doctor shows all."),
]


def options(*, retrain: bool, seeds: int | None, salt: str, fresh: bool, device: DeviceName, budget: bool) -> "Options":
    """What one run is told, by its options; raises MachineError where a device is not proved."""
    from grader.tools import Options
    from grader.training.device import CPU

    proved = CPU
    if device != DeviceName.cpu:
        from grader.training.proof import proved_device  # and with it torch

        proved = proved_device(device.value)
    return Options(
        retrain=retrain,
        seeds=seeds,
        fresh=fresh,
        salt=salt,
        device=proved,
        patience=1.0 if budget else math.inf,
    )


def require_layer(sandbox: "Sandbox", least: LayerName) -> None:
    """Raise MachineError when the sandbox is weaker than a layer."""
    from grader.core.errors import MachineError

    order = list(LayerName)
    if order.index(LayerName(sandbox.layer)) > order.index(least):
        raise MachineError(
            f"this machine offers the layer {sandbox.layer}, not {least.value}. {sandbox.sentence}",
            hint="grader doctor says what is missing. Installing bubblewrap (apt install bubblewrap) gives a jail.",
        )


def require_confinement(sandbox: "Sandbox", rubric: "Rubric", *, trusted: bool, own: bool = False) -> None:
    """Raise MachineError where code of submissions would run, and nothing confines it: see `Sandbox.refuses`."""
    from grader.core.errors import MachineError
    from grader.core.evidence import OF_CODE

    if rubric.needs(*OF_CODE) and (why := sandbox.refuses(trusted=trusted, own=own)):
        raise MachineError(
            why,
            hint="grader doctor says what stands in the way; installing bubblewrap (apt install bubblewrap) may be "
            "enough. Say --trust-submissions if you know whose code it is.",
        )


def say(message: str) -> None:
    """Progress goes to standard error, so that standard output holds the result alone."""
    from grader.report._text import one_line

    typer.secho(f"  {one_line(message, 1000)}", err=True, dim=True)


def write_page(grade: "Grade", path: Path) -> None:
    """Write the feedback page."""
    from grader.files import write_whole
    from grader.report import FORMATS

    write_whole(path, FORMATS["html"](grade))


def exit_code(grade: "Grade") -> int:
    """0: nothing lost; 1: the student lost points; 4: the machine failed somewhere."""
    if grade.machine_failed:
        return 4
    return 1 if grade.lost > 1e-9 else 0
