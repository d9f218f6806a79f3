"""How far a class is: a bar with the time left on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from grader.batch import Progress

_LINE_SECONDS = 30.0  # between plain lines


@contextmanager
def progress(label: str) -> Iterator[tuple[Callable[["Progress"], None], Callable[[str], None]]]:
    """(what is told how far it is, what is told what happens) while the block runs."""
    if sys.stderr.isatty():
        with _bar(label) as both:
            yield both
    else:
        lines = _Lines()
        yield lines.watch, lines.say


class Pace:
    """How long what is left takes, from how long what is done took and the prices of trainings that are asked for."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.already: int | None = None

    def left(self, seen: "Progress") -> float | None:
        """Seconds; None before anything is known."""
        if self.already is None:
            self.already, self.started = seen.done, time.monotonic()
        done, to_do = seen.done - self.already, seen.total - seen.done
        trainings = seen.cost / max(seen.workers, 1)
        if not done:
            return trainings or None
        return max((time.monotonic() - self.started) / done * to_do, trainings)


def said(seen: "Progress", left: float | None) -> str:
    """How far it is, in words."""
    words = [f"{seen.done} of {seen.total} graded"]
    if seen.failed:
        words.append(f"the machine failed on {seen.failed}")
    if seen.trainings:
        words.append(f"{seen.trainings} trainings to come, about {_time(seen.cost)} of a core")
    if left is not None and seen.done < seen.total:
        words.append(f"about {_time(left)} left")
    return ", ".join(words)


class _Lines:
    def __init__(self) -> None:
        self.pace, self.last = Pace(), -_LINE_SECONDS

    def watch(self, seen: "Progress") -> None:
        left, now = self.pace.left(seen), time.monotonic()
        if now - self.last >= _LINE_SECONDS or seen.done == seen.total:
            self.last = now
            typer.secho(said(seen, left), err=True)

    def say(self, what: str) -> None:
        from grader.cli._shared import say

        say(what)


@contextmanager
def _bar(label: str) -> Iterator[tuple[Callable[["Progress"], None], Callable[[str], None]]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    from grader.report._text import one_line

    pace = Pace()
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}", markup=False)
    with Bars(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(label, total=None, said="")

        def watch(seen: "Progress") -> None:
            drawn.update(task, total=seen.total, completed=seen.done, said=said(seen, pace.left(seen)))

        yield watch, lambda what: drawn.console.print(Text(f"  {one_line(what, 1000)}", style="dim"))


def _time(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:,.0f} s"
