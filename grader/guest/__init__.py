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
    from . import colab, old

    colab.install(config)
    _shell().system = _shell().system_raw  # `!command` without a terminal of its own, which a sandbox may not have
    old.install_numpy()
    if not config["torch"]:
        _only_variables(config)
        return
    import torch

    from . import data, probe

    shell = _shell()
    watcher = probe.Probe(config, shell.user_ns, torch)
    data.install(config, torch)
    watcher.install()
    old.install_torch(torch)
    watcher.write()
    shell.events.register("pre_run_cell", lambda *_: watcher.begin_cell())
    shell.events.register("post_run_cell", lambda result: watcher.end_cell(not result.success))


def _only_variables(config: dict) -> None:
    from . import report

    shell = _shell()

    def write(*_):
        report.write(config["out"], {"variables": report.variables(config["variables"], shell.user_ns)})

    write()
    shell.events.register("post_run_cell", write)


def _shell():
    ipython: ModuleType = sys.modules["IPython"]
    return ipython.get_ipython()
