"""The real command over a class, in a process group of its own, and what it leaves behind."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import psutil

_TIMES = ("timings", "seconds", "parse_seconds", "cached", "started", "finished")  # that no two runs have in common
_TRACKER = "resource_tracker"  # a helper of Python's own, which ends a moment after its process


def arguments(*given):
    """`grader` with these arguments, as words of a command."""
    return [sys.executable, "-c", "from grader.cli import main; main()", *map(str, given)]


def grader(*given, **environment):
    """Run a command to its end: (its exit code, all that it printed)."""
    done = subprocess.run(
        arguments(*given),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
        check=False,
    )
    return done.returncode, done.stdout


@contextmanager
def started(*given, log, **environment):
    """A command under way, the leader of a group of its own; whatever is left of the group is killed at the end."""
    with open(log, "ab") as out:
        process = subprocess.Popen(
            arguments(*given),
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "200", **environment},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def below(process):
    """All that a process has started and that runs."""
    with suppress(psutil.Error):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def left_of(processes, seconds=5):
    """Those that still run after so many seconds."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [one for one in alive if not _is_over(one)]


def _is_over(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE or _TRACKER in " ".join(process.cmdline())
    except psutil.Error:
        return True


def kill_group(process):
    """End a command and all its workers at once, as a crash of the machine does; gives what outlives that."""
    children = below(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return left_of(children)


def until(true, process, seconds=300):
    """Wait until something holds, or the process is over; gives whether it holds."""
    end = time.monotonic() + seconds
    while not true() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def graded(out):
    """How many hand-ins have a record."""
    return len([*out.glob("*/grade.json")])


def rows(file):
    """The rows of a CSV of ours, by their headings."""
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))


def records(out):
    """Every record by its key, without what no two runs have in common: times, and what was remembered."""
    return {path.parent.name: _timeless(json.loads(path.read_text("utf-8"))) for path in out.glob("*/grade.json")}


def _timeless(value):
    if isinstance(value, dict):
        return {name: _timeless(part) for name, part in value.items() if name not in _TIMES}
    return [_timeless(part) for part in value] if isinstance(value, list) else value
