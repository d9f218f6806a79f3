"""What stands between a notebook and this machine: found by trying, said in every report."""

import atexit
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from grader.core.errors import MachineError
from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.launcher import seccomp
from grader.execution.warm import WarmWorkers

Layer = Literal["jail", "uid", "landlock", "limits"]
SANDBOX_LAYERS: tuple[Layer, ...] = get_args(Layer)

# Without site-packages: it starts in a few hundredths of a second, and nothing that is installed can change it.
_LAUNCH = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from launcher.main import main; main()"
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/ssl", "/etc/passwd")
_ASLEEP = ("sh", "-c", "echo; exec sleep infinity")  # says that it is there, and holds a jail open
# What libraries look at to count cores and memory.
_KERNEL_FOLDERS = ("/proc", "/sys/devices/system")
SHARED_MEMORY = "/dev/shm"
MEMORY_FOLDER_MB = 512
# Users that no distribution gives to anyone: systemd's range for services that run for a while.
_PRIVATE_USERS = range(61184, 65520)
_USERS_FOLDER = Path("/run/grader-users")  # only root can have made it, and only root uses it


class Sandbox(Record):
    """A layer of protection.

    `jail`: bubblewrap's namespaces; `uid`: a user of its own, Landlock and a filter of system calls; `landlock`: the
    same as the user who grades; `limits`: the notebook may do what that user may. `own_user` says whether notebooks run
    as another user than the grader, `open` what the self-test got through to. `warm` is where processes that answer
    lines are forked from: for this run, and no part of what the layer is.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    layer: Layer
    sentence: str
    own_user: bool = False
    open: tuple[str, ...] = ()
    warm: WarmWorkers | None = Field(default=None, exclude=True, repr=False)

    def refuses(self, *, trusted: bool, own: bool = False) -> str:
        """Why no code of a submission may run here; empty where it may.

        Where nothing confines it, it runs only where somebody said so (`trusted`), or where whoever started this handed
        it in (`own`) and is not root.
        """
        root = hasattr(os, "getuid") and os.getuid() == 0
        if self.layer != "limits" or trusted or (own and not root):
            return ""
        whose = " and that is root" if root else ""
        return f"nothing keeps the code of a submission from what this user may do{whose}. {self.sentence}"

    def inside(self, work: Path) -> str:
        """Where the notebook finds its working folder: `/content`, as on Colab, or where it is."""
        return "/content" if self.layer == "jail" else str(work)

    def command(
        self,
        argv: list[str],
        work: Path,
        readable: Iterable[Path],
        writable: Iterable[Path],
        limits: Limits,
        user: int | None = None,
        group: str = "",
    ) -> list[str]:
        """The command line that runs `argv` in `work` under this layer, as `user` and in `group` where there are."""
        if sys.platform != "linux":
            return argv  # what the launcher does is Linux's; the clocks and what is looked at every second still count
        if self.layer == "jail":
            argv = [*_bwrap(work, readable, writable), "--", *argv]
        config = self._config(work, readable, writable, limits, user, group)
        return [sys.executable, "-I", "-S", "-c", _LAUNCH, json.dumps(config), *argv]

    def request(
        self,
        work: Path,
        readable: Iterable[Path],
        writable: Iterable[Path],
        limits: Limits,
        user: int | None = None,
        group: str = "",
    ) -> dict[str, Any]:
        """The same for a process that runs already and confines itself: see `launcher/zygote.py`."""
        asleep = [*_bwrap(work, readable, writable), "--", *_ASLEEP] if self.layer == "jail" else []
        config = self._config(work, readable, writable, limits, user, group)
        return {"config": config, "jail": asleep, "folder": self.inside(work)}

    def _config(
        self,
        work: Path,
        readable: Iterable[Path],
        writable: Iterable[Path],
        limits: Limits,
        user: int | None,
        group: str,
    ) -> dict[str, Any]:
        config: dict[str, Any] = {
            "limits": _resource_limits(limits, user),
            "group": group,
            "uid": user,
            "seccomp": self.layer != "limits" and seccomp.available(),
            "metadata": self.layer != "landlock",  # the files of the user who grades
            "jail": self.layer == "jail",
            "keeper": self.layer != "jail",  # a jail ends with its first process
        }
        if self.layer in ("uid", "landlock"):
            seen, listed = _visible()
            config["landlock"] = {
                "readable": [*seen, *_SYSTEM_FILES, *_KERNEL_FOLDERS, *map(str, readable)],
                "listable": listed,
                "writable": [str(work), SHARED_MEMORY, *map(str, writable)],
            }
        return config

    @contextmanager
    def user(self) -> Iterator[int | None]:
        """A user that nobody else runs as meanwhile, or None where notebooks run as the grader's."""
        if not self.own_user:
            yield None
            return
        import fcntl  # Windows has none, and no layer that comes here

        _USERS_FOLDER.mkdir(mode=0o700, exist_ok=True)
        # One at random: a user's processes count for a while after they have ended, and the next ones would be refused.
        first = secrets.randbelow(len(_PRIVATE_USERS))
        for uid in (*_PRIVATE_USERS[first:], *_PRIVATE_USERS[:first]):
            with open(_USERS_FOLDER / str(uid), "w", encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                try:
                    yield uid
                finally:
                    _clear_shared_memory(uid)
                return
        raise MachineError(f"all {len(_PRIVATE_USERS)} users for notebooks are taken", where=str(_USERS_FOLDER))


def _clear_shared_memory(user: int) -> None:
    """Remove what that user left there, which would stay in memory for as long as the machine runs."""
    for path in Path(SHARED_MEMORY).glob("*"):
        with suppress(OSError):
            if path.lstat().st_uid == user:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def give(folder: Path, user: int | None) -> None:
    """Make a folder and what is in it that user's."""
    if user is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)


def within_reach(folder: Path, user: int | None) -> Path:
    """The folder, or a copy of it for this process's life where that user can't come to it, as in a home of root's."""
    real = folder.resolve()
    entered = all(path.stat().st_mode & 0o001 for path in (real, *real.parents))
    if user is None or (entered and all(path.stat().st_mode & 0o004 for path in (real, *real.rglob("*")))):
        return folder
    return _copy(folder)


@cache
def _copy(folder: Path) -> Path:
    copy = Path(tempfile.mkdtemp(prefix="grader-data-", dir="/tmp"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    shutil.copytree(folder, copy, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def _resource_limits(limits: Limits, user: int | None) -> dict[str, int]:
    found = {
        # RLIMIT_DATA, since RLIMIT_AS would refuse torch's mappings.
        "RLIMIT_DATA": limits.memory_mb * 2**20,
        "RLIMIT_FSIZE": int(limits.file_mb * 2**20),
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": limits.descriptors,
    }
    # Processes and threads are counted over all that a user has: other users' here are the grader's own.
    if user is not None:
        found["RLIMIT_NPROC"] = limits.processes
    elif os.getuid() != 0:
        found["RLIMIT_NPROC"] = limits.processes + _threads_of_mine()
    return found


def _threads_of_mine() -> int:
    import psutil

    mine = os.getuid()
    return sum(
        p.info["num_threads"] or 1 for p in psutil.process_iter(["uids", "num_threads"]) if p.info["uids"].real == mine
    )


def _bwrap(work: Path, readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """Everything read-only or empty, but the working folder and what is named writable."""
    argv = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    argv += ["--hostname", "grader"]
    argv += ["--unsetenv", "JPY_PARENT_PID"]  # the kernel would look for its parent in a process table of its own
    argv += ["--cap-drop", "ALL"]  # a root grader's notebooks could mount this machine's disks
    argv += ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/dev/shm", "/tmp", "/home"):
        argv += ["--size", str(MEMORY_FOLDER_MB * 2**20), "--tmpfs", folder]  # these are memory
    argv += ["--remount-ro", "/dev"]
    for folder in (*_SYSTEM_FOLDERS, *_SYSTEM_FILES):
        if os.path.islink(folder):
            argv += ["--symlink", os.readlink(folder), folder]
        elif os.path.exists(folder):
            argv += ["--ro-bind", folder, folder]
    for prefix in _python_folders():
        argv += ["--ro-bind", str(prefix), str(prefix)]
    if _package_is_visible():
        argv += ["--tmpfs", str(_PACKAGE)]  # an installed grader carries the rubrics with it
    for path in readable:
        argv += ["--ro-bind", str(path), str(path)]
    for path in writable:
        argv += ["--bind", str(path), str(path)]
    return [*argv, "--bind", str(work), "/content", "--chdir", "/content"]


_PACKAGE = Path(__file__).resolve().parent.parent


def _package_is_visible() -> bool:
    return any(_PACKAGE.is_relative_to(folder) for folder in (*_python_folders(), *map(Path, _SYSTEM_FOLDERS)))


def _visible() -> tuple[list[str], list[str]]:
    """The folders that every notebook may read, and those in which it may only see names.

    Landlock can't take away what lies in a folder that it gave: where the grader's own package lies in one, with its
    rubrics, what lies beside it is given instead.
    """
    seen: list[str] = []
    listed: list[str] = []
    for folder in (*map(Path, _SYSTEM_FOLDERS), *_python_folders()):
        while folder != _PACKAGE and _PACKAGE.is_relative_to(folder):
            listed.append(str(folder))
            way = folder / _PACKAGE.relative_to(folder).parts[0]
            seen += [str(path) for path in folder.iterdir() if path != way]
            folder = way  # noqa: PLW2901  # down the way to the package
        if folder != _PACKAGE:
            seen.append(str(folder))
    return seen, listed


def _python_folders() -> list[Path]:
    """The folders that this Python lives in: its environment, the installation below it, and where packages lie."""
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    executable = Path(sys.executable).resolve().parent.parent
    packages = {Path(entry).resolve() for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    return sorted({*prefixes, executable, *packages} - {Path("/usr"), Path("/")})
