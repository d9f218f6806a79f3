"""The one policy for every check that reads a value: which of those that a text states its author asserts.

Judged is what is asserted once, with nothing stronger or later that says otherwise. It fails only where no other value
of the answer could be the one meant. All else goes to a person, with the sentences.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import Literal, NamedTuple

from grader.checks._base import no_answer
from grader.core.evidence import Doubt, ProblemEvidence, Reading
from grader.core.outcome import Outcome, manual

_ORDER = ("final", "asserted", "mentioned")
# A line such as `Test accuracy: 0.97` says nothing of the value in the line above.
_CLAUSE = re.compile(r"[,;.|()]|\band\b|\bbut\b|\bwhile\b|\bwhereas\b|\n(?=[^\n:]{1,40}:)")
# What a colon leads from, where it states its own value: in "608 parameters: 8 filters" they aren't called parameters.
_SAID_BEFORE = re.compile(r"^.*\d.*:")
# Values in a row, as in "600, 604 or 608 parameters": what is said of one is said of all.
_OR = r"(?:or|and|maybe|perhaps|possibly)"
_SEPARATOR = rf"[\s$]*(?:,|;|/|\||\?|\b{_OR}\b)[\s$]*(?:{_OR}\b)?[\s$]*"
_VALUE = r"(?:[-+−]?\d[\d.,]{0,30}(?<=\d)\s?\\?%?(?:\s?(?:x|×|\\times|by)\s?\d{1,9}){0,4}|[(\[][\d,\s]{1,60}[)\]])"
_MOST_VALUES = 12
_ROW_BEFORE = re.compile(rf"(?:{_VALUE}{_SEPARATOR})+$")
_ROW_AFTER = re.compile(rf"^(?:{_SEPARATOR}{_VALUE})+(?![\w])")

# What nobody means as an answer: it fails no one and passes no one.
_NEVER: frozenset[Doubt] = frozenset({"denied", "required", "another's", "question", "quoted", "withdrawn"})
# What is an answer only where nothing plainer stands there.
_RATHER_NOT: frozenset[Doubt] = frozenset({"reference", "part", "input"})
_VERDICT = Callable[[Reading], bool | None]

# Words that say that a value is the whole answer, or a better one than that before.
_WHOLE = re.compile(
    r"\b(?:answer|total|totals|sum|result|final|finally|altogether|overall|in all|so|thus|therefore|hence|correct|correction"
    r"|corrected|actually|wait|sorry|mean|meant|with (?:the |all )?bias(?:es)?|including|incl|plus|again|instead|rather|got"
    r"|changed?|now|updated?|edit)\b"
)
_SHORTENED = {"parameter": "param", "accuracy": r"acc(?:uracies|urate|\.)?", "dimension": "dim", "activation": "act"}
_SMALL_WORDS = frozenset(
    """the a an is are was were be been it its this that these those there here we i you my our your of in on at to for
    by from with and or as has have had get gets got gives give makes make equals equal about approximately around roughly
    which what then when where value number exactly only just also too not no yes ok okay all since because if than do does
    did will would can could should may might one""".split()  # noqa: SIM905  # a list would be a page
)


class Decision(NamedTuple):
    """What is made of the values of one kind: the one that counts and whether it is right, or why nobody can say."""

    verdict: Literal["right", "wrong", "unclear"]
    reading: Reading | None = None
    why: Outcome | None = None


def of_kind(evidence: ProblemEvidence, kind: str) -> list[Reading]:
    """All readings of one kind that have a value."""
    return [r for r in evidence.readings if r.kind == kind and not _unread(r)]


def decide(
    evidence: ProblemEvidence,
    readings: Sequence[Reading],
    labels: tuple[str, ...],
    *,
    key: Callable[[Reading], Hashable],
    right: _VERDICT,
    what: str,
) -> Decision:
    """Decide on one value among readings of one kind. `right` is None where a reading may be right or wrong.

    `key` says when two are the same value, `what` names it for a message.
    """
    values = [r for r in readings if not _unread(r)]
    unread = [r for r in readings if _unread(r)]
    found = asserted(_meant(values, labels), labels, key)
    if not found:
        return Decision("unclear", None, _nothing(evidence, values, unread, what))
    verdicts = {right(r) for r in found}
    if verdicts == {True}:
        best = found[0]
        if best.doubt:
            return _unclear([best], _DOUBTED[best.doubt])
        against = [
            r for r in values if r not in found and right(r) is not True and _says_otherwise(r, best, values, labels)
        ]
        return _unclear([best, *against], _SEVERAL) if against else Decision("right", best)
    if verdicts != {False} or len(found) > 4:
        return _unclear(found, _SEVERAL if len(found) > 1 else "may be read in several ways")
    perhaps = [r for r in values if r not in found and r.doubt not in _NEVER and right(r) is not False]
    if perhaps:
        return _unclear([found[0], *perhaps], _SEVERAL)
    if unread:
        return _unclear([found[0], *unread[:3]], "or something that can't be read may be the answer")
    if found[0].doubt in ("bounded", "range"):
        return _unclear(found[:1], _DOUBTED[found[0].doubt])
    if any(section.unread for section in evidence.sections):
        return Decision("unclear", found[0], no_answer(evidence, what))
    return Decision("wrong", found[0])


_SEVERAL = "could each be the answer"
_DOUBTED: dict[Doubt, str] = {
    "bounded": "is stated as a bound",
    "range": "is stated as a range",
    "guessed": "is stated as a guess",
    "reference": "may be no more than a number of something",
    "part": "is said of a part",
    "input": "is said of the input",
}


def _meant(values: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """Those that may be meant; the number of a layer or what is said of a part only where nothing plainer is."""
    possible = [r for r in values if r.doubt not in _NEVER]
    if any("input" in label.lower() for label in labels):
        possible = [r.model_copy(update={"doubt": ""}) if r.doubt == "input" else r for r in possible]
    plainer = [r for r in possible if r.doubt not in _RATHER_NOT]
    return plainer if labelled(plainer, labels) or any(r.strength != "mentioned" for r in plainer) else possible


def _says_otherwise(other: Reading, best: Reading, values: list[Reading], labels: tuple[str, ...]) -> bool:
    """Whether another value is stated more strongly than the one that counts, or later and of the same thing."""
    if other.doubt in _NEVER or other.doubt in _RATHER_NOT:
        return False
    if _ORDER.index(other.strength) < _ORDER.index(best.strength):
        return not _of_something_else(other, labels)
    if values.index(other) < values.index(best):
        return False
    # Of the same thing: the label that counted, or one before it.
    ranked = [label for label in labels if _in_clause(best, label)]
    same = labels[: labels.index(ranked[0]) + 1] if ranked else labels
    if any(_in_clause(other, label) for label in same):
        return True
    before, after = _clauses(other)
    if _WHOLE.search(f"{before} {after}"):
        return True
    return other.strength != "mentioned" and not _of_something_else(other, same)


def _of_something_else(reading: Reading, labels: tuple[str, ...]) -> bool:
    """Whether its clause names a thing, and none of the labels."""
    words = " ".join(_clauses(reading))
    if any(_called(label).search(words) for label in labels) or _WHOLE.search(words):
        return False
    return any(word not in _SMALL_WORDS for word in re.findall(r"[^\W\d_]{3,}", re.sub(r"\\[A-Za-z]+", " ", words)))


def _nothing(evidence: ProblemEvidence, values: list[Reading], unread: list[Reading], what: str) -> Outcome:
    if unread:
        return manual(
            f"{listing(unread)} can't be read as a {what}; a person reads it.",
            observed=quoted(unread[0]),
            source=unread[0].source,
        )
    if values and evidence.sections:
        return manual(
            f"No {what} could be read from this answer; a person reads it.",
            observed=quoted(values[-1]),
            source=values[-1].source,
        )
    return no_answer(evidence, what)


def _unclear(readings: Sequence[Reading], why: str) -> Decision:
    shown = list(readings)
    people = "a person decides which one is meant" if len(shown) > 1 else "a person decides"
    head = f"Several values {why} ({listing(shown)})" if why == _SEVERAL else f"{listing(shown)} {why}"
    observed = " … ".join(dict.fromkeys(quoted(r) for r in shown[:4]))
    return Decision("unclear", shown[0], manual(f"{head}; {people}.", observed=observed, source=shown[0].source))


def _unread(reading: Reading) -> bool:
    return reading.number is None and reading.shape is None and reading.matrix is None and reading.version is None


def quoted(reading: Reading) -> str:
    """The sentence that states a value, with the value marked."""
    return reading.sentence or reading.text


def labelled(readings: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """The readings that stand next to a label, earlier labels first: in the same clause, else in the same sentence."""
    for label in labels:
        near = _near(readings, label)
        if near:
            return near
    return []


def _near(readings: list[Reading], label: str) -> list[Reading]:
    pattern = _called(label)
    return [r for r in readings if _in_clause(r, label)] or [
        r for r in readings if pattern.search(r.before) or pattern.search(r.after)
    ]


def _in_clause(reading: Reading, label: str) -> bool:
    return any(_called(label).search(words) for words in _clauses(reading))


@cache
def _called(label: str) -> re.Pattern[str]:
    """A label as people write it: in the singular or plural, and shortened as usual."""
    words = re.escape(label.lower().removesuffix("s"))
    for whole, short in _SHORTENED.items():
        words = words.replace(whole, f"(?:{whole}|{short})")
    return re.compile(rf"(?<![^\W_])(?:{words}(?:s|es)?|{re.escape(label.lower())})(?![^\W_])")


def _clauses(reading: Reading) -> tuple[str, str]:
    """The words of its own clause, before and after it."""
    before, after = _ROW_BEFORE.sub("", reading.before), _ROW_AFTER.sub("", reading.after, count=1)
    return _SAID_BEFORE.sub("", _CLAUSE.split(before)[-1]), _CLAUSE.split(after)[0]


def candidates(readings: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """The readings beside a label and final ones of nothing else; where no label is in sight, those that are asserted.

    All, without labels.
    """
    if not labels:
        return readings
    near = labelled(readings, labels)
    final = [r for r in readings if r.strength == "final" and r not in near and not _of_something_else(r, labels)]
    if any(r.strength == "final" for r in near):
        return near
    return final or near or [r for r in readings if r.strength != "mentioned"]


def asserted(readings: list[Reading], labels: tuple[str, ...], key: Callable[[Reading], Hashable]) -> list[Reading]:
    """The most clearly asserted readings, one for each distinct value.

    One element: the student asserts it. Several: contradictory or listed values. None: nothing is asserted. A value
    beside its label is asserted however plainly it stands there; without a label in sight, a mere mention isn't.
    """
    pool = candidates(readings, labels)
    for strength in _ORDER:
        at_this = [r for r in pool if r.strength == strength]
        if any(_in_row(r) for r in at_this):
            at_this += [r for r in pool if _in_row(r)]
        if at_this and labels and len({key(r) for r in pool}) > _MOST_VALUES:
            at_this = pool
        if at_this:
            distinct: dict[Hashable, Reading] = {}
            for reading in at_this:
                kept = distinct.setdefault(key(reading), reading)
                if kept.doubt and not reading.doubt:
                    distinct[key(reading)] = reading
            return list(distinct.values())
    return []


def _in_row(reading: Reading) -> bool:
    """Whether another value stands right before or after, as in a list."""
    return bool(_ROW_BEFORE.search(reading.before) or _ROW_AFTER.match(reading.after))


def listing(readings: Sequence[Reading]) -> str:
    """The texts of the readings, for a message."""
    return ", ".join(f"“{r.text}”" for r in readings[:6]) + (" …" if len(readings) > 6 else "")


def said(evidence: ProblemEvidence) -> str:
    """The text of all its sections."""
    return "\n".join(section.text for section in evidence.sections)
