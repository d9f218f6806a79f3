"""`grader doctor`: what this machine has."""

import os

import typer


def command() -> None:
    """Say what was found on this machine: versions, cores, memory, GPU, data, sandbox and what it leaves open.

    Exit code 0 when submissions can be graded here; 4 when something is missing, with what to do.
    """
    import psutil
    import torch
    from rich.console import Console
    from rich.table import Table

    from grader.core.errors import MachineError
    from grader.datasets import absent, load_dataset, served
    from grader.execution import LAYERS, Sandbox, find_sandbox, try_layer
    from grader.guest.datasets import data_sets
    from grader.machine import cores
    from grader.pipeline import environment

    rows: list[tuple[str, bool, str]] = [
        ("versions", True, ", ".join(f"{name} {value}" for name, value in environment().items() if value))
    ]
    memory = psutil.virtual_memory()
    rows.append(("cores", True, str(cores())))
    enough = memory.available > 2 * 2**30
    rows.append(("memory", enough, f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GB free"))
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none; networks are trained on the CPU"
    rows.append(("GPU", True, gpu))
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
    for layer in LAYERS[:-1]:
        tried = try_layer(layer)
        if isinstance(tried, Sandbox):
            layers.add_row(layer, "yes", ", ".join(tried.open) or "nothing")
        else:
            layers.add_row(layer, "no", tried, style="dim")
    layers.add_row("limits", "yes", "all that the user who grades may do")
    Console().print("", layers)
    if not all(good for what, good, _ in rows if what != "sandbox"):
        raise typer.Exit(MachineError.exit_code)
