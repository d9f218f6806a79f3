"""No answer of the corpus is judged falsely, in any format, and most are decided."""

from collections import Counter
from functools import cache

import pytest
from answer_cases import Case, by_hand
from answers import Judged, all_cases, decided, false_verdicts, judged, matrix
from check_evidence import check_of

# Those that are judged here; formulas are compared in a process of their own.
TYPES = ("choice", "matrices", "numeric", "parameter_count", "reported", "shape", "table", "version")
ENOUGH = 0.85
SHOWN = 40


corpus = cache(all_cases)


@cache
def read(type: str) -> list[Judged]:
    return judged(case for case in corpus() if case.type == type)


def no_false_verdict(found: list[Judged]) -> None:
    false = [line for kind in ("fail", "pass") for line in false_verdicts(found, kind)]
    assert not false, "\n".join([f"{len(false)} false verdicts:", *false[:SHOWN], *matrix(found)])


@pytest.mark.parametrize("type", TYPES)
def test_answers_are_judged_as_a_fair_person_would(type: str) -> None:
    no_false_verdict(read(type))


def test_most_answers_are_decided() -> None:
    found = [one for type in TYPES for one in read(type)]
    assert decided(found) >= ENOUGH, "\n".join(matrix(found))


def test_formulas_are_judged_as_a_fair_person_would(mathematics) -> None:
    found = judged((case for case in corpus() if case.type == "expression"), mathematics.answer)
    no_false_verdict(found)
    assert decided(found) >= ENOUGH, "\n".join(matrix(found))


def test_the_corpus_is_large_and_balanced() -> None:
    hand, names = list(by_hand()), Counter(case.name for case in corpus())
    assert len(hand) >= 200 and len(corpus()) - len(hand) >= 600
    assert max(names.values()) == 1
    assert {case.type for case in corpus()} == {*TYPES, "expression"}
    verdicts = Counter(case.verdict for case in corpus())
    assert 0.5 < verdicts["fail"] / verdicts["pass"] < 2
    assert verdicts["person"] < 0.1 * len(corpus())


def test_the_same_answer_has_one_verdict() -> None:
    verdicts: dict[str, set[str]] = {}
    for case in corpus():
        verdicts.setdefault(_content(case), set()).add(case.verdict)
    assert [content for content, several in verdicts.items() if len(several) > 1] == []


def _content(case: Case) -> str:
    return f"{case.check} {case.format} {case.asked} {case.text}"


def test_no_answer_and_no_check_of_the_corpus_is_broken() -> None:
    for case in corpus():
        assert case.text.strip(), case.name
        assert check_of(case.check).asked(), case.name
