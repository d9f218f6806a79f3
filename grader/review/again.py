"""Has the machine judge again by what a person settled: with the command that graded the class and knows the rest."""

import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from grader.core.errors import MachineError
from grader.store import Results, Store

State = Literal["", "running", "ended", "failed"]
_GRADER = (sys.executable, "-c", "from grader.cli import main; main()")


class Again:
    """Runs `grader grade` as it was run last, one at a time; what is settled meanwhile is judged by another run after.

    `done` is told when one has ended. `state` and `told` say how far it is, in words for a page.
    """

    def __init__(self, store: Store, results: Results, done: Callable[[], None]) -> None:
        self.store, self.results, self.done = store, results, done
        self.state: State = ""
        self.told = ""
        self.wanted = False
        self.process: subprocess.Popen[str] | None = None
        self.lock = threading.Lock()

    def ask(self) -> None:
        """Judge again what was settled by now."""
        with self.lock:
            self.wanted = True
            if self.state == "running":
                return
            self.state, self.told = "running", "The machine judges again."
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """End what runs; what it has kept stays, and the same command goes on."""
        with self.lock:
            self.wanted = False
            if self.process and self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)

    def _run(self) -> None:
        while True:
            with self.lock:
                if not self.wanted:
                    return
                self.wanted = False
            try:
                state, told = self._graded()
                self.done()
            except (MachineError, ValueError) as error:  # a database that can't be read, a command that is no words
                state, told = "failed", f"It is kept; the machine could not be asked to judge by it: {error}"
            with self.lock:
                if not self.wanted:
                    self.state, self.told = state, told
                    return

    def _graded(self) -> tuple[State, str]:
        command = self._command()
        if isinstance(command, str):
            return "failed", command
        before = self._last_finished()
        last = ""
        try:
            with self.lock:
                process = self.process = subprocess.Popen(
                    [*_GRADER, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    start_new_session=True,  # Ctrl-C is this application's: it ends the other by itself
                )
            with process:
                for line in process.stdout or ():
                    if last := line.strip() or last:
                        self.told = f"The machine judges again: {last}"
            code = process.returncode
        except OSError as error:
            return "failed", f"The machine could not be asked: {error}. {_by_hand(command)}"
        if self._last_finished() > before:  # whatever it found: the pages say it
            return "ended", "The machine has judged again: load the page to see it."
        return "failed", f"Judging again ended early ({last or f'exit code {code}'}). {_by_hand(command)}"

    def _last_finished(self) -> int:
        return max((run.number for run in self.store.runs() if run.ending == "finished"), default=0)

    def _command(self) -> list[str] | str:
        """The arguments of the last run that graded into this folder, without what would find all anew; or why none."""
        for run in reversed(self.store.runs()):
            words = shlex.split(run.command)
            if words[:2] != ["grader", "grade"]:
                continue
            command = [word for word in words[1:] if word != "--fresh"]
            if _out_of(command) == self.results.folder.resolve() and Path(run.source).exists():
                return command
            return f"It is kept; the machine judges by it when the class is graded again. {_by_hand(command)}"
        return "It is kept; the machine judges by it when the class is graded again."


def _out_of(command: list[str]) -> Path | None:
    """The folder of results that a command names, seen from here."""
    for place, word in enumerate(command):
        name, _, value = word.partition("=")
        if name == "--out" and value:
            return Path(value).resolve()
        if name in ("--out", "-o") and place + 1 < len(command):
            return Path(command[place + 1]).resolve()
    return None


def _by_hand(command: list[str]) -> str:
    return f"In the folder from which it was graded: {shlex.join(['grader', *command])}"
