"""Runs a command confined; `sandbox.py` says how it is started.

The arguments are a configuration and the command. The configuration is JSON: `limits`; `group`, the entrance of a
control group; `uid`, a user to become; `landlock` with `readable`, `listable` and `writable`; `seccomp`; `metadata`,
whether modes of files may change; `keeper`, whether to stay as the parent and end with every process that the command
leaves behind; `jail`, whether the command is bubblewrap, which itself takes the filter of system calls.
"""

import json
import os
import sys
from typing import Any

from . import confine, keeper, seccomp


def main() -> None:
    """Never returns."""
    config: dict[str, Any] = json.loads(sys.argv[1])
    command = sys.argv[2:]
    confine.die_with_parent()
    confine.enter_group(config["group"])
    confine.limit(config["limits"])
    confine.close_files()
    if config["keeper"]:
        keeper.stay_as_parent(config.get("uid"))
        confine.die_with_parent()
    if config["jail"]:
        if config.get("uid") is not None:
            confine.become(config["uid"])
            confine.die_with_parent()
        if config["seccomp"]:
            handle = os.memfd_create("filter", 0)
            os.write(handle, seccomp.program())
            os.lseek(handle, 0, os.SEEK_SET)
            command = [command[0], "--seccomp", str(handle), *command[1:]]
    else:
        confine.confine(config)
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted
