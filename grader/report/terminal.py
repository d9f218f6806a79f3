"""Grades as tables on a terminal, for the person who grades: hidden checks are shown too."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.core.evidence import ModelFacts, Retraining
from grader.core.outcome import BudgetLine, CheckResult, Grade, Status
from grader.core.standing import Standing
from grader.report._networks import lane_words, recipe_lines, retraining_words
from grader.report._summary import STATUS, item_words, late_sentence, machine_words, message, staff_name
from grader.report._text import counted, one_line, points

# Words and marks say the same, so that nothing is lost without colour.
_KEPT = {True: "✓", False: "✗", None: "?"}
_STYLE: dict[Status, str] = {
    "passed": "green",
    "partial": "yellow",
    "failed": "red",
    "manual": "cyan",
    "skipped": "dim",
    "error": "bold magenta",
    "read": "cyan",
}


def table(grade: Grade) -> Table:
    """Every check of one submission."""
    # Text, not str, everywhere: rich reads [brackets] in a str as its own markup.
    drawn = Table(title=Text(_title(grade)), title_justify="left", caption_justify="left")
    drawn.add_column("Problem", no_wrap=True)
    drawn.add_column("Check")
    drawn.add_column("Points", justify="right", no_wrap=True)
    drawn.add_column("Status", no_wrap=True)
    drawn.add_column("Message", ratio=1)
    for problem in grade.problems:
        for position, check in enumerate(problem.checks):
            last = position == len(problem.checks) - 1
            drawn.add_row(
                Text(one_line(problem.id) + (" (extra)" if problem.extra_credit else "") if position == 0 else ""),
                Text(one_line(staff_name(check)) + ("" if check.visibility == "visible" else f" ({check.visibility})")),
                Text(f"{points(check.score)}/{points(check.max_score)}"),
                _status(check.status),
                _message(check),
                end_section=last,
            )
    said = [
        *filter(None, [late_sentence(grade)]),
        *(f"Nobody read: {one_line(what)}" for what in grade.unread),
        *(f"Note: {one_line(n)}" for n in grade.notes),
    ]
    if said:
        drawn.caption = Text("\n".join(said))
    return drawn


def class_table(standings: Iterable[Standing]) -> Table:
    """One row a person: their score, what a person must still read, and which problems lost points."""
    drawn = Table()
    drawn.add_column("Who", overflow="fold")
    drawn.add_column("Score", justify="right", no_wrap=True)
    drawn.add_column("To read", justify="right", no_wrap=True)
    drawn.add_column("Not graded", justify="right", no_wrap=True)
    drawn.add_column("Nobody read", overflow="fold")
    drawn.add_column("Lost points in", ratio=1)
    for standing in standings:
        person = standing.person
        lost = [f"{one_line(p.id)} -{points(p.lost)}" for p in standing.problems if p.lost > 0]
        if standing.late and standing.points < standing.raw:
            lost.append(f"late -{points(standing.raw - standing.points)}")
        if standing.late and not standing.late.settled:
            lost.append("(late?)")
        score = f"{points(standing.points)}/{points(standing.max_points)}"
        name = person.name or person.email or person.id or person.user
        drawn.add_row(
            Text(one_line(name if standing.key in ("", name) else f"{name} ({standing.key})")),
            Text("nothing" if standing.state == "missing" else score),
            Text(points(standing.waiting) if standing.waiting else ""),
            Text(points(standing.error) if standing.state == "error" else "", style=_STYLE["error"]),
            Text("; ".join(map(one_line, standing.unread)), style=_STYLE["manual"]),
            Text(", ".join(lost)),
        )
    return drawn


def network_tables(models: Sequence[tuple[ModelFacts, Sequence[BudgetLine]]]) -> Iterator[Group]:
    """One table for networks of the same kinds of layers, as of a sweep, and what differs from it in the others."""
    alike: dict[tuple[str, ...], list[tuple[ModelFacts, Sequence[BudgetLine]]]] = {}
    for model, budget in models:
        alike.setdefault(tuple(row.type for row in model.rows), []).append((model, budget))
    for kinds, (first, *others) in alike.items():
        yield network_table(*first)
        if not kinds:
            yield from (network_table(*other) for other in others)
        elif others:
            yield _differences(first, others)


def _differences(
    first: tuple[ModelFacts, Sequence[BudgetLine]], others: Sequence[tuple[ModelFacts, Sequence[BudgetLine]]]
) -> Group:
    """What is other in these networks than in the first, each in a row."""
    drawn = Table(title=Text("the same layers, but for:", style="bold"), title_justify="left")
    for column in ("Network", "Differs in"):
        drawn.add_column(column, overflow="fold")
    usual = _lines(*first)
    for model, budget in others:
        found = _lines(model, budget)
        changed = [f"{key}: {value}" for key, value in found.items() if usual.get(key) != value]
        changed += [f"not {key}: {value}" for key, value in usual.items() if key not in found]
        drawn.add_row(Text(one_line(_named(model))), Text("\n".join(map(one_line, changed)) or "nothing"))
    return Group(drawn, Text(""))


def _lines(model: ModelFacts, budget: Sequence[BudgetLine]) -> dict[str, str]:
    """All that is shown of a network, each under what it is of."""
    found = {f"layer {row.name} ({row.type})": row.settings for row in model.rows}
    found["parameters"] = f"{model.parameters:,}"
    found["hidden units"] = f"{model.hidden_units:,}"
    found |= {"can't be built": model.problem} if model.problem else {}
    found |= {f"can't be written as data ({place})": gap.why for place, gap in enumerate(model.spec.gaps, 1)}
    for what, value in recipe_lines(model.recipe) if model.recipe else ():
        found[what.lower()] = f"{found[what.lower()]}; {value}" if what.lower() in found else value
    return found | {line.what: f"{line.found} {'✓' if line.ok else '✗'}" for line in budget}


def _named(model: ModelFacts) -> str:
    return f"{model.variable or 'network'} ({model.source})"


def network_table(model: ModelFacts, budget: Sequence[BudgetLine]) -> Group:
    """The layers of one network with its totals, how it was trained, and the budget beside it."""
    name = one_line(_named(model))
    drawn = Table(title=Text(name, style="bold"), title_justify="left")
    for column in ("Layer", "Type", "Settings", "Output shape"):
        drawn.add_column(column, overflow="fold")
    drawn.add_column("Parameters", justify="right")
    for row in model.rows:
        shape = "" if row.output_shape is None else " × ".join(map(str, row.output_shape))
        parameters = "shared" if row.shared else f"{row.parameters:,}"
        drawn.add_row(*(Text(one_line(t)) for t in (row.name, row.type, row.settings, shape, parameters)))
    lines = [_totals(model)]
    if model.buffers_as_weights:
        lines.append(f"{model.buffers_as_weights:,} values in buffers act as weights")
    if model.problem:
        lines.append(f"can't be built: {model.problem}")
    lines += [f"can't be written as data: {gap.why}" for gap in model.spec.gaps]
    lines += model.layer_remarks
    lines += [f"constructed, never used: {name}" for name in model.spec.unused]
    if model.recipe:
        lines += [f"{what.lower()}: {value}" for what, value in recipe_lines(model.recipe)]
    lines += [f"{_KEPT[b.ok]} {b.what}: {b.found}; allowed: {b.allowed}" for b in budget]
    return Group(drawn, Text("\n".join(one_line(line) for line in lines) + "\n"))


def _totals(model: ModelFacts) -> str:
    """What was counted: of a network that can't be written down whole, what it has at least."""
    hidden = f"{model.hidden_units:,} hidden units in {counted(model.hidden_layers, 'hidden layer')}"
    if model.countable:
        return f"{model.parameters:,} parameters, {hidden}"
    known = f"at least {model.parameters:,} parameters" if model.parameters else "parameters not known"
    return f"{known}, {f'at least {hidden}' if model.hidden_units else 'hidden units and layers not known'}"


def retraining_table(training: Retraining) -> Group:
    """Each training with its accuracy and its time, and the verdict."""
    drawn = Table()
    for column in ("Seed", "Accuracy", "Verdict", "Epochs", "Seconds"):
        drawn.add_column(column, justify="right" if column != "Verdict" else "left")
    for number, lane in enumerate(training.lanes, 1):
        verdict = lane_words(number, lane, training.threshold).rpartition(", ")[2]
        seconds = f"{lane.seconds:.1f}" + (" (earlier)" if lane.cached else "")
        drawn.add_row(str(lane.seed), f"{lane.accuracy:.4f}", verdict, str(len(lane.curve)), seconds)
    words = retraining_words(training)
    if training.chance is not None and training.interval is not None:
        low, high = training.interval
        border = "Borderline: a" if training.borderline else "A"
        words.append(
            f"{border} further training reaches it with a chance of {training.chance:.0%} ({low:.0%} to {high:.0%})."
        )
    return Group(drawn, Text("\n".join(one_line(word) for word in words)))


def _title(grade: Grade) -> str:
    waiting = f", {points(grade.manual_points)} to be read by a person" if grade.manual_points else ""
    failed = f", {points(grade.error_points)} NOT GRADED: the machine failed" if grade.machine_failed else ""
    score = f"{points(grade.final)} of {points(grade.max_score)} points{_before(grade)}"
    read = f", {points(grade.read_points)} read and not judged" if grade.read_points else ""
    return f"{one_line(grade.submission.id)}: {score}{read}{waiting}{failed}"


def _before(grade: Grade) -> str:
    """What lateness took, and where a person decides that."""
    if grade.late is None or (grade.late.settled and grade.late.share == 1):
        return ""
    return f" ({points(grade.score)} before lateness)" if grade.late.settled else " (late?)"


def _status(status: Status) -> Text:
    mark, word = STATUS[status]
    return Text(f"{mark} {word}", style=_STYLE[status])


def _message(check: CheckResult) -> Text:
    said = [one_line(message(check)) + (f" ({one_line(check.source)})" if check.source else "")]
    if given := check.given:
        why = f", {given.reason}" if given.reason else ""
        words = [f"given by {given.by}{why}", *map(item_words, given.items), given.comment, machine_words(check)]
        said = [*(one_line(each) for each in words if each.strip()), *said]
    said += [one_line(check.advice)] if check.advice and check.status != "passed" else []
    return Text("\n".join(said))
