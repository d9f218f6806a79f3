"""The feedback to a student as Markdown: for a pull request, a forum, or a terminal."""

import re
from collections.abc import Iterable

from grader.core.outcome import CheckResult, Given, Grade, NetworkResult, ProblemResult
from grader.report._networks import budget, lane_words, recipe_lines, retraining_words
from grader.report._student import for_student
from grader.report._summary import (
    MACHINE_FAILED,
    READ_ONLY,
    STATUS,
    UNREAD,
    Reading,
    found,
    item_words,
    late_sentence,
    look_first,
    machine_words,
    message,
    name_of,
    problem_lost,
    reason,
    sandbox_sentence,
    tally,
    to_read,
)
from grader.report._text import one_line, point_words, points

_SPECIAL = re.compile(r"([\\`*_\[\]#!|~<>&$@]|^[-+=]|(?<=\d)[.)](?= )|:(?=//))")
_MOST_ROWS = 60
_KEPT = {True: "yes", False: "**no**", None: "a person decides"}


def render(grade: Grade) -> str:
    """GitHub-flavoured Markdown; text from the submission is escaped, and never spans lines."""
    copy = for_student(grade)
    grade, numbers = copy.grade, tally(copy.grade)
    blocks = [f"# {_md(grade.title)}", f"**{_md(grade.submission.id)}**"]
    if grade.machine_failed:
        blocks.append(f"> **{MACHINE_FAILED}**")
    if grade.unread:
        blocks.append("\n".join([f"> **{UNREAD}**", ">", *(f"> - {_md(what)}" for what in grade.unread)]))
    score = f"**{points(grade.final)} of {points(grade.max_score)} points**"
    rest = [
        f"{points(amount)} {what}"
        for amount, what in (
            (numbers.read, "read and not judged"),
            (numbers.waiting, "waiting for a person"),
            (numbers.lost, "lost"),
            (numbers.ungraded, "not graded yet"),
        )
        if amount
    ]
    blocks.append(", ".join([score, *rest]) + f". {numbers.passed} of {numbers.judged} checks passed.")
    if numbers.read:
        blocks.append(READ_ONLY)
    if said := late_sentence(grade):
        blocks.append(_md(said, 1500))
    if copy.withheld:
        blocks.append(f"Not counted here: {copy.all_withheld.sentence()}")
    losing = (f"{_title(p)}, {point_words(problem_lost(p))}: {_md(reason(c))}" for p, c in look_first(grade)[:5])
    blocks += _list("What to look at first", losing)
    blocks += _list("What a person still reads", map(_reading, to_read(grade)))
    blocks += _list("Notes", map(_md, grade.notes))
    for problem in grade.problems:
        blocks += _problem(problem)
        if problem.id in copy.withheld:
            blocks.append(copy.withheld[problem.id].sentence())
    if sandbox_sentence(grade):
        blocks.append(f"---\n\n{_md(sandbox_sentence(grade))}")
    return "\n\n".join(blocks) + "\n"


def _md(text: str, limit: int = 300) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text, limit))


def _title(problem: ProblemResult) -> str:
    return _md(f"{problem.id} {problem.title}")


def _reading(reading: Reading) -> str:
    named = f"{_md(reading.problem.id)}: {_md(name_of(reading.check))}"
    return f"{named}, {point_words(reading.points)}" if reading.points else named


def _list(title: str, items: Iterable[str]) -> list[str]:
    lines = [f"- {item}" for item in items]
    return [f"## {title}", "\n".join(lines)] if lines else []


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def _problem(problem: ProblemResult) -> list[str]:
    extra = " of extra credit" if problem.extra_credit else ""
    blocks = [f"## {_title(problem)}: {points(problem.score)} of {points(problem.max_score)}{extra}"]
    if problem.asked:
        blocks.append(_md(problem.asked))
    if problem.checks:
        blocks.append(_table(["Check", "Points", "", "What was found"], map(_check, problem.checks)))
    if lines := budget(problem):
        rows = [[_md(b.what), _md(b.found), _md(b.allowed), _KEPT[b.ok]] for b in lines]
        blocks.append(_table(["Budget", "Yours", "Allowed", "Kept"], rows))
    for network in problem.networks:
        blocks += _network(network)
    return blocks


def _check(check: CheckResult) -> list[str]:
    mark, word = STATUS[check.status]
    said = _given(check.given) if check.given else []
    said += [_md(words) for words in (message(check), machine_words(check)) if words]
    if found(check) and check.status != "manual":
        said.append(f"Found: {_md(check.observed)}" + (f" ({_md(check.source)})" if check.source else ""))
    elif check.source:
        said.append(f"Found in: {_md(check.source)}")
    if check.advice:
        said.append(f"**What to do:** {_md(check.advice)}")
    return [
        _md(name_of(check)),
        f"{points(check.score)} of {points(check.max_score)}",
        f"{mark} {word}",
        "<br>".join(said),
    ]


def _given(given: Given) -> list[str]:
    """What a person gave; a table's cell has one line, so that a comment's own Markdown is left as text."""
    return [_md(words, 2000) for words in (*map(item_words, given.items), given.comment) if words.strip()]


def _network(network: NetworkResult) -> list[str]:
    model = network.model
    blocks = [f"### The network in {_md(str(model.source))}: {model.parameters:,} parameters"]
    if model.problem:
        blocks.append(f"It can't be built: {_md(model.problem)}")
    if model.rows:
        rows = [
            [
                _md(row.name),
                _md(row.type),
                _md(row.settings),
                " × ".join(map(str, row.output_shape or ())),
                "shared" if row.shared else f"{row.parameters:,}",
            ]
            for row in model.rows[:_MOST_ROWS]
        ]
        blocks.append(_table(["Name", "Type", "Settings", "Output shape", "Parameters"], rows))
    if len(model.rows) > _MOST_ROWS:
        blocks.append(f"… and {len(model.rows) - _MOST_ROWS:,} more layers.")
    if said := model.layer_remarks:
        blocks.append("\n".join(f"- {_md(words)}" for words in said))
    if model.recipe:
        blocks.append("\n".join(f"- {what}: {_md(words)}" for what, words in recipe_lines(model.recipe)))
    if training := network.retraining:
        blocks.append(" ".join(map(_md, retraining_words(training))))
        if training.lanes:
            lanes = (lane_words(n, lane, training.threshold) for n, lane in enumerate(training.lanes, 1))
            blocks.append("\n".join(f"- {_md(words)}" for words in lanes))
    return blocks
