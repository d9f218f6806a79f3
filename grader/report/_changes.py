"""What became of a class between two runs, as tables on a terminal."""

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.core.changes import Changes, CheckChange, CheckSaid, HandinChange, Points
from grader.core.stored import Run
from grader.report._summary import STATUS
from grader.report._text import counted, one_line, points


def changes_table(changes: Changes) -> Group:
    """One row a hand-in whose points changed: its total, each check, and why."""
    drawn = Table()
    drawn.add_column("Submission", overflow="fold")
    drawn.add_column("Points", no_wrap=True)
    drawn.add_column("What changed", ratio=1)
    for change in changes.changed:
        drawn.add_row(Text(_who(change)), Text(_from_to(change.before, change.after)), _what(change), end_section=True)
    lines = [f"{one_line(key)}: {one_line(why)}." for key, why in changes.kept.items()]
    if not changes.changed:
        lines.insert(0, "Nobody's points changed.")
    elif changes.unchanged:
        lines.insert(0, f"The points of {counted(changes.unchanged, 'submission')} are as they were.")
    return Group(Text(_title(changes)), *([drawn] if changes.changed else []), *map(Text, lines))


def runs_table(runs: Iterable[Run]) -> Table:
    """One row a run, the first one first."""
    drawn = Table()
    for column in ("Run", "Began", "Ended", "Grader", "Source", "Command"):
        drawn.add_column(column, overflow="fold")
    for run in runs:
        ended = f"{run.ended.astimezone():%H:%M:%S} {run.ending}" if run.ended else "not"
        row = (
            f"{run.number}",
            f"{run.started.astimezone():%Y-%m-%d %H:%M:%S}",
            ended,
            run.grader,
            run.source,
            run.command,
        )
        drawn.add_row(*(Text(one_line(cell)) for cell in row))
    return drawn


def _title(changes: Changes) -> str:
    before, after = (
        f"run {run.number} ({run.started.astimezone():%Y-%m-%d %H:%M})" for run in (changes.before, changes.after)
    )
    unfinished = "" if changes.after.ending == "finished" else ", which did not finish"
    return f"From {before} to {after}{unfinished}"


def _who(change: HandinChange) -> str:
    names = ", ".join(one_line(name, 80) for name in change.people)
    key = one_line(change.key)
    return f"{key} ({names})" if names and names != key else key


def _what(change: HandinChange) -> Text:
    said = Text("; ".join(map(one_line, change.reasons)) + ".")
    for check in change.checks:
        said.append(f"\n{one_line(check.problem)}/{one_line(check.check)}: ", style="bold")
        said.append(_from_to(_points(check.before), _points(check.after)))
        said.append(_said(check), style="dim")
    return said


def _said(check: CheckChange) -> str:
    """What the check said, before and after where that differs."""
    lines = [
        f"\n  {when}: {STATUS[said.status].mark} {one_line(said.message)}"
        for when, said in (("before", check.before), ("now", check.after))
        if said
    ]
    return "".join(lines)


def _points(said: CheckSaid | None) -> Points | None:
    return said.points if said else None


def _from_to(before: Points | None, after: Points | None) -> str:
    if before is None:
        return f"new: {_written(after)}"
    return f"{_written(before)} → {_written(after)}"


def _written(found: Points | None) -> str:
    if found is None:
        return "none"
    more = [f"{points(found.waiting)} to read"] if found.waiting else []
    more += [f"{points(found.error)} not graded"] if found.error else []
    return f"{points(found.earned)}/{points(found.of)}" + (f" ({', '.join(more)})" if more else "")
