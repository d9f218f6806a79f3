"""Gradescope's container without Docker: a root of its own, in which the real setup.sh installs and runs grade.

A run sees a root file system, processes and mounts of its own, has the capabilities that a container has, may make no
user namespaces to confine anything with, and is limited in cores and memory by a control group, as the platform does.
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from grader.machine import own_group

# Those that Docker leaves to a container's root.
CAPABILITIES = (
    "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,"
    "setfcap"
)
# What of this machine's settings the root needs to install packages as this machine does.
SETTINGS = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf")
CERTIFICATES = "/etc/certificates-of-the-host.crt"  # a name that no package writes over
RUN = r"""
set -e
root=$1; shift
mount --make-rprivate /
for name in proc dev sys; do mkdir -p "$root/$name"; done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /sys "$root/sys" && mount -o remount,bind,ro "$root/sys"
if [ -d /sys/fs/cgroup ]; then mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"; fi
exec chroot "$root" setpriv --bounding-set "$CAPABILITIES" --inh-caps=-all "$@"
"""


class Ended(NamedTuple):
    """How a run in the root ended, what it took, and what it said."""

    code: int
    seconds: float
    peak_mb: float
    said: str


def debootstrap(root):
    """The system of a fresh container in `root`: Debian's smallest, from where this machine gets its packages."""
    files = [*Path("/etc/apt/sources.list.d").glob("*.sources"), *Path("/etc/apt").glob("sources.list")]
    sources = "\n".join(file.read_text() for file in files)
    mirror = re.search(r"^(?:URIs:|deb(?: \[.*\])?)\s+(\S+)", sources, re.MULTILINE)[1]
    release = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())[1]
    subprocess.run(["debootstrap", "--variant=minbase", release, str(root), mirror], check=True, capture_output=True)
    for mounted in ("proc", "sys"):  # which it may leave
        subprocess.run(["umount", str(root / mounted)], check=False, capture_output=True)
    shutil.copytree("/etc/apt", root / "etc/apt", dirs_exist_ok=True, symlinks=True)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / CERTIFICATES.lstrip("/"))
    for setting in SETTINGS:
        if Path(setting).is_file():
            shutil.copy(setting, root / setting.lstrip("/"))


@contextmanager
def group(memory_mb, cores):
    """Control groups (version 1) of so much memory and time of cores; yields their folders."""
    name = f"grader-container-{secrets.token_hex(4)}"
    limits = {
        "memory": {"memory.limit_in_bytes": memory_mb * 2**20, "memory.memsw.limit_in_bytes": memory_mb * 2**20},
        "cpu": {"cpu.cfs_period_us": 100_000, "cpu.cfs_quota_us": int(100_000 * cores)},
    }
    made = []
    try:
        for controller, values in limits.items():
            folder = own_group(controller, 1) / name
            folder.mkdir()
            made.append(folder)
            for file, value in values.items():
                if (folder / file).exists():
                    (folder / file).write_text(str(value))
        yield made
    finally:
        for folder in made:
            for _ in range(100):
                for pid in (folder / "cgroup.procs").read_text().split():
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.1)


def run_in(root, argv, *, environment=None, groups=(), timeout=None):
    """Run a command in the root, as its root, until it ends."""
    enter = "".join(f"echo 0 > {folder}/cgroup.procs; " for folder in groups)
    command = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
    command += ["sh", "-c", RUN, "sh", str(root), *argv]
    shown = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        **(environment or {}),
    }
    shown["CAPABILITIES"] = "-all," + ",".join(f"+{name}" for name in CAPABILITIES.split(","))
    memory = [folder for folder in groups if (folder / "memory.stat").exists()]
    started, peak = time.monotonic(), 0.0
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["sh", "-c", f'{enter}exec "$@"', "sh", *command],
            env=shown,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            peak = max([peak, *map(held_mb, memory)])
            if timeout and time.monotonic() - started > timeout:
                process.kill()
            time.sleep(0.1)
        output.seek(0)
        said = output.read().decode(errors="replace")
    return Ended(process.returncode, time.monotonic() - started, peak, said)


def held_mb(folder):
    """What the processes of a group hold, without pages of files that the kernel would give back."""
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    files = int(stat["total_inactive_file"]) + int(stat["total_active_file"])
    return (int((folder / "memory.usage_in_bytes").read_text()) - files) / 2**20


def network_settings():
    """The environment by which pip and apt find packages here."""
    told = ("PIP_INDEX_URL", "http_proxy", "https_proxy", "GRADER_TORCH_INDEX")
    return {name: os.environ[name] for name in told if name in os.environ} | {"PIP_CERT": CERTIFICATES}
