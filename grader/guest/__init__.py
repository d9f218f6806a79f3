"""What runs inside the student's kernel: it watches networks being trained and writes down what it sees.

It imports only the standard library and what the kernel has. Nothing it writes can raise a grade by itself: the host
validates it, rebuilds the networks from torch's own layers, and trains and scores them on its own data.
"""

import json
import sys
from pathlib import Path
from types import ModuleType


def start(config_path: str) -> None:
    """Begin to watch; called by the host before the first cell. The config is JSON that the host wrote."""
    config = json.loads(Path(config_path).read_text(encoding="utf-8"))
    copies = _be_like_colab(config)
    if not config["torch"]:
        _only_variables(config)
        return
    import torch

    from .serve import memory
    from .standin import old_keras, old_names
    from .watch import keras_fit, probe

    shell = _shell()
    weights = None
    memory.Memory(torch, patient=config["seed"] is not None).install()
    if config["seed"] is not None:
        from .watch import replay

        replay.install(config["seed"], torch)
        weights = replay.Weights(config["weights"], torch)
    watcher = probe.Probe(config, shell.user_ns, torch, weights)
    watcher.served = copies.served
    watcher.install()
    keras_fit.install(watcher)
    old_keras.install(config)  # around what watches: old arguments are renamed before it sees them
    old_names.install_torch(torch)
    watcher.write()
    shell.events.register("pre_run_cell", lambda *_: watcher.begin_cell())
    shell.events.register("post_run_cell", lambda result: watcher.end_cell(not result.success))


def _be_like_colab(config: dict):
    from . import import_hooks
    from .serve import colab, datasets, files, paths
    from .standin import old_names, trackers

    shell, places = _shell(), paths.Paths()
    import_hooks.install()
    colab.install(shell)
    old_names.install()
    datasets.install(config)
    trackers.install()
    places.enter(config["file"])
    found = files.Copies(config["data"], places.work, places.given)
    found.install(shell)
    places.install(shell)
    sys.argv = [config["file"]]  # the kernel's own would look like arguments to a script that reads them
    if config["file"].endswith(".py"):
        shell.user_ns["__file__"] = config["file"].rsplit("/", 1)[-1]
    shell.events.register("pre_run_cell", lambda info: places.prepare(info.raw_cell))
    shell.events.register("pre_run_cell", lambda info: found.begin_cell(info.raw_cell))
    return found


def _only_variables(config: dict) -> None:
    from . import findings

    shell = _shell()

    def write(*_):
        findings.write(config["out"], {"variables": findings.variables(config["variables"], shell.user_ns)})

    write()
    shell.events.register("post_run_cell", write)


def _shell():
    ipython: ModuleType = sys.modules["IPython"]
    return ipython.get_ipython()
