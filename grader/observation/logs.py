"""Reads training logs: what Keras prints, what loops in PyTorch print, and lists of one accuracy for each epoch."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.core.evidence import Epoch, TrainingLog
from grader.core.source import Source

_EPOCH = re.compile(
    r"^[\s>|*\[(-]{0,20}(?:train(?:ing)?\s{1,3})?(?:epoch|ep)\b[\s:#.\[(=]{0,6}(?P<number>\d{1,6})"
    r"(?:\s{0,3}(?:/|of)\s{0,3}(?P<planned>\d{1,6}))?",
    re.IGNORECASE,
)
_TUTORIAL = re.compile(r"^\s{0,8}\[\s{0,4}(?P<number>\d{1,6}),\s{0,8}\d{1,9}\](?=.{0,10}loss)", re.IGNORECASE)
_LISTED = re.compile(
    r"^[\s|*-]{0,8}(?P<number>\d{1,6})\s{0,4}(?:[:.)|=]\s{0,8}|\t\s{0,8}|\s-\s)"
    r"(?P<value>\d{1,3}(?:\.\d{1,12})?)\s{0,3}(?P<percent>\\?%)?[\s|]{0,8}$"
)
_SCOPE = re.compile(
    r"(?<![a-z])(?:(?P<train>train(?:ing)?)|(?P<val>val(?:id(?:ation)?)?|test(?:ing)?|dev|eval))(?![a-z])",
    re.IGNORECASE,
)
_METRIC = re.compile(
    r"(?<![a-z])(?:(?P<loss>loss)|acc(?:uracy|\.)?)(?![a-z])[^\w\n.]{0,8}(?:tensor\()?"
    r"(?:(?P<right>\d{1,9})/(?P<total>\d{1,9})(?!\d)"
    r"|(?P<value>\d{0,4}\.\d{1,12}|\d{1,3}(?!\d))(?P<exponent>e[-+]?\d{1,3})?)\s{0,2}(?P<percent>%)?",
    re.IGNORECASE,
)
_NEW_LINE = re.compile(r"[\n\r\x08]+")
_MOST_EPOCHS = 5000
_MOST_LINE = 2000
_GAP = 10
_BETWEEN = 60  # lines without a number of an epoch, after which a log has ended


class _Line(NamedTuple):
    """What a line says: the epoch that it opens, if one, and the values on it."""

    number: int | None = None
    planned: int | None = None
    bare: bool = False
    values: dict[str, float] = {}


def read_logs(text: str, places: Sequence[Source]) -> tuple[TrainingLog, ...]:
    """The trainings whose epochs are printed, in order; a number that doesn't go up begins another one."""
    logs = [*_printed(text, places), *_lists(text, places)]
    return tuple(sorted(logs, key=lambda log: log.source.line or 0))


def _printed(text: str, places: Sequence[Source]) -> Iterator[TrainingLog]:
    epochs: list[Epoch] = []
    planned: int | None = None
    total = 0
    since = 0
    for number, line in enumerate(text.split("\n")):
        read = _read(line[-_MOST_LINE:])
        since += 1
        if read.number is not None:
            again = bool(epochs) and (
                read.number < epochs[-1].number
                or (read.number == epochs[-1].number and read.bare and _told(epochs[-1]))
            )
            if again or since > _BETWEEN:
                yield from _log(epochs, planned)
                epochs, planned = [], None
            since = 0
            if not epochs or read.number > epochs[-1].number:
                total += 1
                if total > _MOST_EPOCHS:
                    break
                source = places[number]
                epochs.append(Epoch(number=read.number, source=source, text=line.strip()[:120]))
            planned = read.planned or planned
        if epochs and read.values and since <= _BETWEEN:
            epochs[-1] = _with(epochs[-1], read.values, line, places[number])
    yield from _log(epochs, planned)


def _with(epoch: Epoch, values: dict[str, float], line: str, source: Source) -> Epoch:
    """The epoch with these values; the last ones printed count, and the place of the first is kept."""
    changes: dict[str, object] = {**values}
    if not _told(epoch):
        changes |= {"text": line.strip()[-120:], "source": source}
    return epoch.model_copy(update=changes)


def _told(epoch: Epoch) -> bool:
    return epoch.loss is not None or epoch.accuracy is not None or epoch.val_accuracy is not None


def _log(epochs: list[Epoch], planned: int | None) -> Iterator[TrainingLog]:
    told = [epoch for epoch in epochs if _told(epoch)]
    if told:
        yield TrainingLog(epochs=tuple(told), planned=planned)


def _read(line: str) -> _Line:
    head = _EPOCH.match(line) or _TUTORIAL.match(line)
    lowered = line.lower()
    if head is None and "loss" not in lowered and "acc" not in lowered:
        return _Line()
    values: dict[str, float] = {}
    for part in _NEW_LINE.split(line):
        values |= _values(part)
    if head is None:
        return _Line(values=values)
    planned = head.groupdict().get("planned")
    return _Line(int(head["number"]), int(planned) if planned else None, not line[head.end() :].strip(), values)


def _values(line: str) -> dict[str, float]:
    found: dict[str, float] = {}
    scope, last = "", 0
    for match in _METRIC.finditer(line):
        for word in _SCOPE.finditer(line, last, match.start()):
            scope = "val_" if word["val"] else ""
        if re.search(r"val_\w{0,30}$", line[max(0, match.start() - 40) : match.start()]):
            scope = "val_"
        last = match.end()
        value = _number(match)
        if value is not None:
            found.setdefault(f"{scope}{'loss' if match['loss'] else 'accuracy'}", value)
    return found


def _number(match: re.Match[str]) -> float | None:
    if match["right"]:
        total = int(match["total"])
        return int(match["right"]) / total if 0 < total >= int(match["right"]) else None
    value = float(f"{match['value']}{match['exponent'] or ''}")
    if match["loss"]:
        return value if math.isfinite(value) else None
    value = value / 100 if match["percent"] or value > 1 else value
    return value if 0 <= value <= 1 else None


def _lists(text: str, places: Sequence[Source]) -> Iterator[TrainingLog]:
    """Runs of at least three lines such as `4: 97.41 %`, whose numbers go up from 0 or 1"""
    run: list[Epoch] = []
    for number, line in enumerate([*text.split("\n"), "end"]):
        match = _LISTED.match(line) if len(line) < 200 else None
        value = float(match["value"]) if match else -1.0
        if match and match["percent"]:
            value /= 100
        fits = match is not None and 0 <= value <= 1 and (match["percent"] or "." in match["value"])
        follows = fits and match is not None and bool(run) and 0 < int(match["number"]) - run[-1].number <= _GAP
        if not follows and (line.strip() or not run):
            if len(run) >= 3:
                yield TrainingLog(epochs=tuple(run))
            run = []
        if match is not None and fits and (follows or int(match["number"]) in (0, 1)) and len(run) < _MOST_EPOCHS:
            source = places[number]
            run.append(
                Epoch(number=int(match["number"]), accuracy=round(value, 12), text=line.strip()[:120], source=source)
            )
