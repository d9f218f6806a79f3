"""What runs inside the student's kernel: it watches networks being trained and writes down what it sees.

It imports only the standard library and what the kernel has. Nothing it writes can raise a grade by itself: the host
validates it, rebuilds the networks from torch's own layers, and trains and scores them on its own data.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .protocol import Config
    from .serve.files import Copies
    from .watch.optimisers import Optimisers
    from .watch.replay import Replay
    from .watch.session import Session


def start(config_path: str) -> None:
    """Begin to watch; called by the host before the first cell. The config is JSON that the host wrote."""
    from . import endings  # here, since the host imports the package for its registries alone
    from .protocol import Config
    from .standin import gpu_settings
    from .watch.session import Session

    config = Config.from_json(Path(config_path).read_text(encoding="utf-8"))
    shell = _shell()
    session = Session(config, shell.user_ns)
    endings.install(shell, script=config.file.endswith(".py"))
    session.served = _be_like_colab(config, shell).served
    if config.watches:
        session.with_gpu = gpu_settings.install(shell)
        _watch(session)
    session.write()
    shell.events.register("pre_run_cell", lambda *_: session.quietly(session.begin_cell))
    shell.events.register(
        "post_run_cell",
        lambda result: session.quietly(session.end_cell, result.error_before_exec or result.error_in_exec),
    )


def hand_over(path: str, names: list[str]) -> None:
    """Write the values of these variables; called by the host after the last cell, which must not know their names."""
    from . import findings

    findings.write_variables(path, names, _shell().user_ns)


def _watch(session: Session) -> None:
    """Put what watches around torch, and around Keras where the notebook imports it."""
    import torch

    from .serve import memory
    from .standin import old_keras, old_names
    from .watch import keras_fit

    config = session.config
    watcher: Optimisers | Replay
    memory.Memory(torch, patient=config.seed is not None).install()
    if config.seed is None:
        from .protocol import LONGER_LOOKS
        from .watch.idling import Idling
        from .watch.optimisers import Optimisers

        watcher = Optimisers(session, torch)
        if config.batches < LONGER_LOOKS[-1]:
            Idling(session).install()
    else:
        from .watch import replay

        replay.install(config.seed, torch)
        session.weights = replay.Weights(config.weights, torch)
        watcher = replay.Replay(session, torch)
    watcher.install()
    keras_fit.install(session, torch, watcher.forget)
    old_keras.install(config)  # around what watches: old arguments are renamed before it sees them
    old_names.install_torch(torch)


def _be_like_colab(config: Config, shell: Any) -> Copies:
    """Data, paths and modules as notebooks of such a course expect them; gives what serves missing files."""
    from . import import_hooks
    from .origin import put_in_place
    from .serve import colab, datasets, files, paths
    from .standin import old_names, trackers

    places = paths.Paths()
    import_hooks.install()
    colab.install(shell, places.mount)
    old_names.install()
    datasets.install(config)
    trackers.install()
    places.enter(config.file)
    copies = files.Copies(config.data, places.work, places.given)
    copies.install(shell)
    places.install(shell)
    sys.argv = [config.file]  # the kernel's own would look like arguments to a script that reads them
    if config.file.endswith(".py"):
        shell.user_ns["__file__"] = config.file.rsplit("/", 1)[-1]
    shell.events.register("pre_run_cell", lambda info: put_in_place(places.prepare, info.raw_cell))
    shell.events.register("pre_run_cell", lambda info: put_in_place(copies.begin_cell, info.raw_cell))
    return copies


def _shell() -> Any:
    """IPython's shell, which runs the cells."""
    return sys.modules["IPython"].get_ipython()
