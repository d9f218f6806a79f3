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
NEVER_MEANT: frozenset[Doubt] = frozenset({"denied", "required", "another's", "question", "quoted", "withdrawn"})
# What is an answer only where nothing plainer stands there.
_RATHER_NOT: frozenset[Doubt] = frozenset({"reference", "part", "input", "earlier", "article", "dimension"})
# What is no rival of a value that stands beside its label: an end of a range, a number of a thing, an article.
_NO_RIVALS: frozenset[Doubt] = frozenset({"range", "reference", "article"})
# What is an answer after all where it is the only one.
_ALONE: frozenset[Doubt] = frozenset({"input", "article", "dimension"})
_VERDICT = Callable[[Reading], bool | None]

_ALTERNATIVE = re.compile(r"\bor\b[\s$*_]*(?:maybe|perhaps|about|even|rather)?[\s$*_(]*$")
# Words that say that a value is the whole answer, or a better one than that before.
_WHOLE = re.compile(
    r"\b(?:answer|total|totals|sum|result|final|finally|altogether|overall|in all|correct|correction|corrected"
    r"|actually|wait"
    r"|sorry|meant|with (?:the |all )?bias(?:es)?|including|incl|instead|rather|changed?|updated?|edit)\b"
)
# A value that is boxed, or called the answer, whatever it is the value of.
_NAMELESS = re.compile(r"(?:\\f?boxed?\s*\{|\b(?:final\s+answer|answer|ans|result)\b\s*(?:is|:|=)?)[\s$*_({\[]*$")
# A name of mathematics on the left-hand side: f(0, 0) = 0.
_NAMED = re.compile(r"(?<![^\W_])[a-z](?:_\{?\w{1,3}\}?)?(?:\([^()]{0,20}\))?\s*=[^=]{0,40}$")
_SHORTENED = {"parameter": "param", "accuracy": r"acc(?:uracies|urate|\.)?", "dimension": "dim", "activation": "act"}
_SMALL_WORDS = frozenset(
    """the a an is are was were be been it its this that these those there here we i you my our your of in on at to for
    by from with and or as has have had get gets got gives give makes make equals equal about approximately around
    roughly which what then when where value number exactly only just also too not no yes ok okay all since because if
    than do does did will would can could should may might one""".split()  # noqa: SIM905  # a list would be a page
)


class Decision(NamedTuple):
    """What is made of the values of one kind: the one that counts and whether it is right, or why nobody can say."""

    verdict: Literal["right", "wrong", "unclear"]
    reading: Reading | None = None
    why: Outcome | None = None


def of_kind(evidence: ProblemEvidence, kind: str) -> list[Reading]:
    """All readings of one kind that have a value and may be meant."""
    return [r for r in evidence.readings if r.kind == kind and not _unread(r) and r.doubt not in NEVER_MEANT]


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
    meant = _meant(values, labels)
    found = asserted(meant, labels, key)
    if not found:
        return Decision("unclear", None, _nothing(evidence, values, unread, what))
    best, verdicts = found[0], {right(r) for r in found}
    left = [r for r in without(values, found) if r.doubt not in NEVER_MEANT and not _of_another_kind(r, best, labels)]
    if verdicts == {True}:
        if best.doubt and best.doubt not in _ALONE:
            return _unclear([best], _DOUBTED[best.doubt])
        against = [r for r in left if right(r) is not True and _says_otherwise(r, best, values, labels)]
        return _unclear([best, *against], _SEVERAL) if against else Decision("right", best)
    if verdicts != {False} or len(found) > 4:
        return _unclear(found, _SEVERAL if len(found) > 1 else "may be read in several ways")
    if best.strength != "mentioned" and len(found) == 1:
        summed = best.strength == "final" and _adds_up(best, left)
        left = [r for r in left if r.doubt != "earlier" and not summed]
    if not best.doubt and any(_in_clause(best, label) for label in labels):
        left = [r for r in left if r.doubt not in _NO_RIVALS]
    quotations = [r for r in without(values, found) if r.doubt == "quoted"]  # some answer so
    perhaps = [r for r in (*left, *quotations) if right(r) is not False]
    if perhaps:
        return _unclear([best, *perhaps], _SEVERAL)
    if unread:
        return _unclear([best, *unread[:3]], "or something that can't be read may be the answer")
    if best.doubt and (best.doubt not in _ALONE or best.doubt == "dimension"):
        return _unclear(found[:1], _DOUBTED[best.doubt])
    if any(section.unread for section in evidence.sections):
        return Decision("unclear", best, no_answer(evidence, what))
    return Decision("wrong", best)


_BEYOND_DOUBT = "State it once, as in “Answer: …”, or in answers.yaml."
_SEVERAL = "could each be the answer"
_DOUBTED: dict[Doubt, str] = {
    "bounded": "is stated as a bound",
    "range": "is stated as a range",
    "guessed": "is stated as a guess",
    "reference": "may be no more than a number of something",
    "part": "is said of a part",
    "input": "is said of the input",
    "earlier": "is said of an earlier state",
    "article": "may be no more than an article",
    "dimension": "is a dimension of a shape",
}


def stated(readings: Sequence[Reading], labels: tuple[str, ...], key: Callable[[Reading], Hashable]) -> list[Reading]:
    """What an answer asserts, without knowing what is right: one reading for each value that may be the one meant."""
    return asserted(_meant([r for r in readings if not _unread(r)], labels), labels, key)


def doubt_in_words(reading: Reading) -> str:
    """Why a value may be no answer, in words that go on from it; empty where it may well be one."""
    return "" if reading.doubt in _ALONE else _DOUBTED.get(reading.doubt, "")


def _meant(values: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """Those that may be meant; the number of a layer or what is said of a part only where nothing plainer is."""
    possible = [r for r in values if r.doubt not in NEVER_MEANT]
    if any("input" in label.lower() for label in labels):
        possible = [r.model_copy(update={"doubt": ""}) if r.doubt == "input" else r for r in possible]
    if labels:  # a loss, a size in bytes: at best a number of something
        possible = [
            r.model_copy(update={"doubt": "reference"}) if not r.doubt and of_other_quantity(r, labels) else r
            for r in possible
        ]
    plainer = [r for r in possible if r.doubt not in _RATHER_NOT]
    if not labels:
        return plainer or possible
    plainer = _of_the_right_set(plainer, labels)
    if labelled(plainer, labels):
        return plainer
    if labelled(possible, labels):
        return possible
    return plainer if any(r.strength != "mentioned" for r in plainer) else possible


# Quantities that a value is plainly said to be of, right beside it; they are no answer where another one is asked for.
_QUANTITY = (
    r"(?:loss|losses|learning rate|lr|momentum|epochs?|batch(?: size)?|seconds?|minutes?|hours?|ms|dropout|seed"
    r"|threshold|outputs?|inputs?|units|neurons|images?|samples?|classes|features|channels|filters?|kernels?|strides?"
    r"|padding|width|height|depth|error|bytes?|bits?|[kmg]i?b|(?:kilo|mega|giga)bytes?|flops?|macs?|operations"
    r"|multiplications|products|times|points|non-?trainable(?: param(?:eter)?s?)?|decay|rate)"
)
_QUANTITY_BEFORE = re.compile(rf"\b({_QUANTITY})\b\s*(?:of|is|was|=|:|\()?[\s$(]*$")
_QUANTITY_BEHIND = re.compile(rf"^[\s$)}}]*({_QUANTITY})\b")
_SETS = (re.compile(r"\btrain(?:ing|ed)?\b"), re.compile(r"\b(?:test(?:ing|ed)?|validation|val|held-?out|dev)\b"))


def of_other_quantity(reading: Reading, labels: tuple[str, ...]) -> bool:
    """Whether it is plainly said to be a loss, a learning rate or the like, and no label is said with that."""
    before, after = _clauses(reading)
    behind, ahead = _QUANTITY_BEHIND.match(reading.after), _QUANTITY_BEFORE.search(reading.before[-60:])
    named = [(match[1], words) for match, words in ((behind, after), (ahead, before)) if match]
    return bool(named) and not any(
        _called(label).search(words) or quantity in label for label in labels for quantity, words in named
    )


def _of_the_right_set(readings: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """Without the values of the training set where those of the test set are asked for, or are there and neither is."""
    asked = [kind for kind, words in enumerate(_SETS) if any(words.search(label.lower()) for label in labels)]
    sets = {id(r): _set_of(r) for r in readings}
    wanted = asked[0] if len(asked) == 1 else 1 if not asked and 1 in sets.values() else None
    return readings if wanted is None else [r for r in readings if sets[id(r)] in (wanted, None)]


def _set_of(reading: Reading) -> int | None:
    """Of which set its clause speaks: 0 for training, 1 for test; None for neither or both."""
    before, after = _clauses(reading)
    for words in (before, after):
        found = [kind for kind, pattern in enumerate(_SETS) if pattern.search(words)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _of_another_kind(reading: Reading, best: Reading, labels: tuple[str, ...]) -> bool:
    """Whether a value can't be the one meant beside the best: of another quantity, or of the other set."""
    if not labels:
        return False
    other = {_set_of(reading), _set_of(best)} == {0, 1}
    return of_other_quantity(reading, labels) or other


def _adds_up(total: Reading, others: list[Reading]) -> bool:
    """Whether the other values are the terms of this total."""
    terms = {r.number for r in others if r.number is not None and r.doubt == ""}
    return (
        total.number is not None
        and len(terms) > 1
        and abs(sum(terms) - total.number) < 1e-9 * max(1, abs(total.number))
    )


def _says_otherwise(other: Reading, best: Reading, values: list[Reading], labels: tuple[str, ...]) -> bool:
    """Whether another value is stated more strongly than the one that counts, or later and of the same thing."""
    if other.doubt in NEVER_MEANT or other.doubt in _RATHER_NOT:
        return False
    if _ORDER.index(other.strength) < _ORDER.index(best.strength):
        return not _of_something_else(other, labels)
    if other.strength == best.strength == "final" and _NAMELESS.search(other.before):
        return True  # two values in boxes, or a box and an answer
    if values.index(other) < values.index(best):
        return False
    if not labels or (_ALTERNATIVE.search(other.before) and _bare(other) == _bare(best)):
        return True
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
    if _NAMED.search(reading.before):
        return True
    return any(word not in _SMALL_WORDS for word in re.findall(r"[^\W\d_]{3,}", re.sub(r"\\[A-Za-z]+", " ", words)))


def _nothing(evidence: ProblemEvidence, values: list[Reading], unread: list[Reading], what: str) -> Outcome:
    if unread:
        return manual(
            f"{listing(unread)} may be the {what}, but can't be read as a number; a person reads it.",
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
    found = manual(f"{head}; {people}.", observed=observed, source=shown[0].source)
    return Decision("unclear", shown[0], found.model_copy(update={"advice": _BEYOND_DOUBT}))


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
    others = without(readings, near)
    final = [r for r in others if r.strength == "final" and not _of_something_else(r, labels)]
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
        rows = {_bare(r) for r in at_this if _in_row(r)}
        at_this += [r for r in without(pool, at_this) if _in_row(r) and _bare(r) in rows] if rows else []
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


def without(readings: Sequence[Reading], others: Sequence[Reading]) -> list[Reading]:
    """The readings that are none of the others, in a time that grows with their number alone."""
    known: dict[tuple[str, str, str], list[Reading]] = {}
    for other in others:
        known.setdefault((other.text, other.before, other.after), []).append(other)
    return [r for r in readings if r not in known.get((r.text, r.before, r.after), ())]


def _in_row(reading: Reading) -> bool:
    """Whether another value stands right before or after, as in a list."""
    return bool(_ROW_BEFORE.search(reading.before) or _ROW_AFTER.match(reading.after))


def _bare(reading: Reading) -> str:
    """Its sentence without the mark on the value: the same for all values of the sentence."""
    return re.sub(r"[»«]|\s", "", reading.sentence)


def listing(readings: Sequence[Reading]) -> str:
    """The texts of the readings, for a message."""
    return ", ".join(f"“{r.text}”" for r in readings[:6]) + (" …" if len(readings) > 6 else "")


def said(evidence: ProblemEvidence) -> str:
    """The text of all its sections."""
    return "\n".join(section.text for section in evidence.sections)
