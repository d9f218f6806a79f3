"""`grader doctor`: what this machine has, and whether its accelerator may be trained on."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli._shared import DeviceName, say

if TYPE_CHECKING:
    from rich.table import Table

    from grader.training.proof import Proof


def command(
    prove: Annotated[
        DeviceName | None,
        typer.Option("--prove", help="Try whether this device trains as the CPU does, and keep the proof; minutes."),
    ] = None,
) -> None:
    """Say what was found on this machine: versions, cores, memory, GPU, data, sandbox and what it leaves open.

    Exit code 0 when submissions can be graded here; 4 when something is missing, with what to do. With --prove the
    exit code is 0 when the device trains as the CPU does, else 4.
    """
    if prove is not None:
        _prove(prove.value)
        return
    import psutil
    from rich.console import Console
    from rich.table import Table

    from grader.core.errors import MachineError
    from grader.datasets import absent, load_dataset, served
    from grader.execution import SANDBOX_LAYERS, Sandbox, find_sandbox, try_layer
    from grader.guest.datasets import data_sets
    from grader.machine import cores, environment, torch_fails, without_torch

    rows: list[tuple[str, bool, str]] = [
        ("versions", True, ", ".join(f"{name} {value}" for name, value in environment().items() if value))
    ]
    memory = psutil.virtual_memory()
    rows.append(("cores", True, str(cores())))
    enough = memory.available > 2 * 2**30
    rows.append(("memory", enough, f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GB free"))
    if missing := without_torch():
        rows.append(("torch", False, missing))
    elif broken := torch_fails():
        rows.append(("torch", False, f"can't be imported: {broken}; install torch and torchvision that fit each other"))
    else:
        rows.append(("GPU", True, _accelerators()))
    for name in data_sets():
        # Looking must not download.
        if why := absent(name):
            rows.append((name, True, why))
            continue
        try:
            data = load_dataset(name)
            where = "".join(f" in {folder}" for folder in served(name).values())
            rows.append((name, True, f"{len(data.train.labels):,} + {len(data.test.labels):,} images{where}"))
        except MachineError as error:
            rows.append((name, False, str(error)))
    if os.environ.get("GRADER_DATA") and all(absent(name) for name, entry in data_sets().items() if entry.files):
        rows.append(("GRADER_DATA", False, f"{os.environ['GRADER_DATA']} holds no data set that is known"))
    sandbox = find_sandbox()
    rows.append(("sandbox", sandbox.layer != "limits", f"{sandbox.layer}: {sandbox.sentence}"))
    table = Table("", "what", "found", box=None, pad_edge=False)
    for what, good, found in rows:
        table.add_row("ok" if good else "!!", what, found, style="" if good else "bold red")
    Console().print(table)
    layers = Table("layer", "works", "what the self-test got through to", box=None, pad_edge=False)
    for layer in SANDBOX_LAYERS[:-1]:
        tried = try_layer(layer)
        if isinstance(tried, Sandbox):
            layers.add_row(layer, "yes", ", ".join(tried.open) or "nothing")
        else:
            layers.add_row(layer, "no", tried, style="dim")
    layers.add_row("limits", "yes", "all that the user who grades may do")
    Console().print("", layers)
    if not all(good for what, good, _ in rows if what != "sandbox"):
        raise typer.Exit(MachineError.exit_code)


def _accelerators() -> str:
    """What there is besides the CPU, and whether it is proved."""
    from grader.core.errors import MachineError
    from grader.training.device import accelerators
    from grader.training.proof import proof_of

    try:
        found = [(device, proof_of(device)) for device in accelerators()]
    except MachineError as error:
        return str(error)
    words = [
        f"{device.kind}: " + (f"proved on {proof.date}" if proof else f"unproved, grader doctor --prove {device.name}")
        for device, proof in found
    ]
    return "; ".join(words) or "none; networks are trained on the CPU"


def _prove(name: str) -> None:
    """Try a device, print the figures, and exit with 4 when it doesn't train as the CPU does."""
    from rich.console import Console

    from grader.core.errors import MachineError
    from grader.training.device import CPU, find_device
    from grader.training.proof import prove

    device = find_device(name)
    if device == CPU:
        raise MachineError("the CPU is what other devices are compared with", hint="Name another one: --prove cuda.")
    proof = prove(device, say=say)
    console = Console()
    console.print(f"{device.kind}, {device.driver}, {device.libraries}, {proof.machine}", markup=False, highlight=False)
    console.print(_figures(proof))
    for fault in proof.faults:
        typer.secho(fault, fg="red", err=True)
    if not proof.holds:
        raise MachineError(
            f"{device.kind} does not train as the CPU does", hint="Networks are not trained on it; leave --device out."
        )
    typer.echo(f"{device.kind} trains as the CPU does: --device {name} may be used while driver and torch stay.")


def _figures(proof: "Proof") -> "Table":
    from statistics import fmean

    from rich.table import Table

    table = Table("network", "first losses apart", "accuracy, CPU", "there", "p", "p of last losses", box=None)
    for found in proof.comparisons:
        table.add_row(
            found.network,
            f"{found.apart:.1e}",
            f"{fmean(found.cpu_accuracies):.4f}",
            f"{fmean(found.accuracies):.4f}",
            f"{found.accuracies_p:.3f}",
            f"{found.final_losses_p:.3f}",
        )
    return table
