"""No answer of the corpus is judged falsely, in any format, and most are decided."""

from collections import Counter

import pytest
from answer_cases import Case, by_hand
from answers import all_cases, decided, false_verdicts, judged, matrix
from check_evidence import check_of

CASES = all_cases()
# Formulas are compared in a process of their own.
COMPARED = [case for case in CASES if case.type == "expression"]
READ = [case for case in CASES if case.type != "expression"]


def hold(cases: list[Case], compare=None) -> None:
    found = judged(cases, compare)
    false = [line for kind in ("fail", "pass") for line in false_verdicts(found, kind)]
    assert not false, "\n".join([f"{len(false)} false verdicts", *false[:40], *matrix(found)])
    assert decided(found) >= 0.85, "\n".join(matrix(found))


@pytest.mark.parametrize("type", sorted({case.type for case in READ}))
def test_answers_are_judged_as_a_fair_person_would(type: str) -> None:
    hold([case for case in READ if case.type == type])


def test_formulas_are_judged_as_a_fair_person_would(mathematics) -> None:
    hold(COMPARED, mathematics.answer)


def test_the_corpus_is_large_and_balanced() -> None:
    by_hand_alone, names = list(by_hand()), Counter(case.name for case in CASES)
    assert len(by_hand_alone) >= 200 and len(CASES) - len(by_hand_alone) >= 600
    assert max(names.values()) == 1
    verdicts = Counter(case.verdict for case in CASES)
    assert 0.5 < verdicts["fail"] / verdicts["pass"] < 2
    assert verdicts["person"] < 0.1 * len(CASES)


def test_no_answer_and_no_check_of_the_corpus_is_broken() -> None:
    for case in CASES:
        assert case.text.strip(), case.name
        assert check_of(case.check).asked(), case.name
