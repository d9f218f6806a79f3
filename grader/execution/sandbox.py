"""What stands between a notebook and this machine: found by trying, said in every report."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from grader.core.record import Record

_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/ssl", "/etc/passwd")
_TRY_SECONDS = 20
_MEMORY_FOLDER_BYTES = 512 * 2**20


class Sandbox(Record):
    """A layer of protection. `jail`: bubblewrap; `limits`: the notebook runs as the user who grades."""

    layer: Literal["jail", "limits"]
    sentence: str

    def command(self, argv: list[str], work: Path, readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
        """The command line that runs `argv` in `work` under this layer."""
        if self.layer == "limits":
            return argv
        return [*_bwrap(work, readable, writable), "--", *argv]

    def inside(self, work: Path) -> str:
        """Where the notebook finds its working folder: `/content`, as on Colab, or where it is."""
        return "/content" if self.layer == "jail" else str(work)


@cache
def find_sandbox() -> Sandbox:
    """The best layer that works on this machine, found by running a process in it."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        why = "bubblewrap (bwrap) is not installed"
    else:
        probe = [*_bwrap(Path.cwd(), [], []), "--", sys.executable, "-I", "-c", "print('inside')"]
        try:
            done = subprocess.run(probe, capture_output=True, text=True, timeout=_TRY_SECONDS, check=False)
            if done.stdout.strip() == "inside":
                return Sandbox(
                    layer="jail",
                    sentence="Notebooks run in a bubblewrap jail: no network, no access to the machine's files.",
                )
            why = f"bubblewrap does not work here ({done.stderr.strip()[:200] or 'no output'})"
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"bubblewrap does not work here ({error})"
    return Sandbox(
        layer="limits",
        sentence=f"Notebooks run without a jail, as the user who grades: {why}. Run only submissions you trust.",
    )


def _bwrap(work: Path, readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """Everything read-only or empty, but the working folder and what is named writable."""
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--hostname", "grader"]
    argv += ["--unsetenv", "JPY_PARENT_PID"]  # the kernel would look for its parent in a process table of its own
    argv += ["--cap-drop", "ALL"]  # a root grader's notebooks could mount this machine's disks
    argv += ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/dev/shm", "/tmp", "/home"):
        argv += ["--size", str(_MEMORY_FOLDER_BYTES), "--tmpfs", folder]  # these are memory
    argv += ["--remount-ro", "/dev"]
    for folder in (*_SYSTEM_FOLDERS, *_SYSTEM_FILES):
        if os.path.islink(folder):
            argv += ["--symlink", os.readlink(folder), folder]
        elif os.path.exists(folder):
            argv += ["--ro-bind", folder, folder]
    for prefix in _python_folders():
        argv += ["--ro-bind", str(prefix), str(prefix)]
    package = Path(__file__).resolve().parent.parent
    if any(package.is_relative_to(folder) for folder in (*_python_folders(), *map(Path, _SYSTEM_FOLDERS))):
        argv += ["--tmpfs", str(package)]  # an installed grader carries the rubrics with it
    for path in readable:
        argv += ["--ro-bind", str(path), str(path)]
    for path in writable:
        argv += ["--bind", str(path), str(path)]
    return [*argv, "--bind", str(work), "/content", "--chdir", "/content"]


def _python_folders() -> list[Path]:
    """The folders that this Python lives in: its environment, the installation below it, and where packages lie."""
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    executable = Path(sys.executable).resolve().parent.parent
    packages = {Path(entry).resolve() for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    return sorted({*prefixes, executable, *packages} - {Path("/usr"), Path("/")})
