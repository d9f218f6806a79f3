"""However the headings of a report are written, its sections are the same."""

import re

import pytest
from blocks import document
from spellings import FALSE, WORDS

from grader.observation.labels import Labels, plain_title
from grader.observation.sections import Alignment, align_documents
from grader.observation.spellings import lost_spellings

RUBRICS = {
    "numbers": {"1": "Parameters", "2": "Output shape", "3": "Average pooling", "4": "Accuracy", "5": "Gradient"},
    "parts of parts": {"1.1(a)": "First", "1.1(b)(i)": "Second", "1.1(b)(ii)": "Third", "1.2(a)": "Fourth"},
    "letters and numbers": {"Q1": "Parameters", "Q2": "Output shape", "Q3": "Pooling"},
    "letters": {"A": "Parameters", "B": "Output shape", "C": "Pooling", "D": "Loss"},
    "letters below chapters": {"1A": "Data", "1B": "Network", "2A": "Loss", "2B": "Gradient", "3A": "Parameters"},
    "Roman numbers": {"I": "Data", "II": "Network", "III": "Loss", "IV": "Gradient"},
    "Roman parts": {"2i": "Data", "2ii": "Network", "3i": "Loss", "3ii": "Gradient"},
}
STYLES = ["## Problem {0}", "Problem {0}:", "**{0}**", "**Problem {0}**", "### {0})", "- Problem {0}", "Q{0}."]
UNDECIDED = 25  # of some four thousand lines in answers, as many may go to a person


def labels(titles: dict[str, str]) -> Labels:
    return Labels(
        problems={name.lower(): name for name in titles},
        titles={plain_title(title): name for name, title in titles.items()},
    )


def report(titles: dict[str, str], spelling: str, answers: dict[str, str]) -> str:
    def label(problem: str) -> str:
        return problem.removeprefix("Q") if "Q" in spelling or "No" in spelling else problem

    return "\n\n".join(f"{spelling.format(label(p), title=titles[p])}\n\n{answers[p]}" for p in titles)


def answers_of(titles: dict[str, str]) -> dict[str, str]:
    return {problem: f"Counted here: {600 + 7 * number} in all." for number, problem in enumerate(titles)}


def words(aligned: Alignment) -> dict[str, str]:
    found: dict[str, str] = {}
    for portion in aligned.sections:
        text = " ".join(block.text for block in portion.blocks)
        found[portion.problem] = f"{found.get(portion.problem, '')} {plain(text)}".strip()
    return found


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip()


@pytest.mark.parametrize("titles", RUBRICS.values(), ids=RUBRICS)
@pytest.mark.parametrize("spelling", WORDS)
def test_headings_written_so_open_their_problems(spelling: str, titles: dict[str, str]) -> None:
    answers = answers_of(titles)
    aligned = align_documents([document(report(titles, spelling, answers))], labels(titles))
    assert words(aligned) == {problem: plain(answer) for problem, answer in answers.items()}
    assert aligned.unsure == ()
    assert aligned.unclaimed == ()


@pytest.mark.parametrize("titles", RUBRICS.values(), ids=RUBRICS)
def test_a_line_in_an_answer_takes_no_text_away(titles: dict[str, str]) -> None:
    undecided = 0
    problems = list(titles)
    for spelling in STYLES:
        for line in FALSE:
            for number, problem in enumerate(problems):
                said = line.format(next=problems[(number + 1) % len(problems)], last=problems[number - 1])
                answers = answers_of(titles)
                answers[problem] += f"\n\n{said}\n\nThat is all."
                aligned = align_documents([document(report(titles, spelling, answers))], labels(titles))
                unsure = {doubt.problem for doubt in aligned.unsure}
                found = words(aligned)
                for name, answer in answers.items():
                    assert found.get(name) == plain(answer) or name in unsure, (spelling, said)
                undecided += bool(unsure)
    assert undecided <= UNDECIDED


# name: (the report, the words of each section, the problems that a person decides)
WHOLE = {
    "titles behind numbers": (
        "numbers",
        "1 Parameters\n\n608\n\n2 Output shape\n\n28 x 28 x 8",
        {"1": "608", "2": "28 x 28 x 8"},
    ),
    "titles before labels": (
        "numbers",
        "## Parameters (Problem 1)\n\n608\n\n## Output shape - Question 2 [3 points]\n\n28",
        {"1": "608", "2": "28"},
    ),
    "a list of answers": (
        "numbers",
        "1. 608 parameters\n2. 28 x 28 x 8\n3. 0.5\n4. 0.98\n5. -0.75",
        {"1": "608 parameters", "2": "28 x 28 x 8", "3": "0 5", "4": "0 98", "5": "0 75"},
    ),
    "number words": (
        "numbers",
        "# Problem One\n\n608\n\n# Problem Two\n\n28\n\n# Problem Three\n\n5",
        {"1": "608", "2": "28", "3": "5"},
    ),
    "Roman numbers for others": (
        "numbers",
        "# Problem I\n\n608\n\n# Problem II\n\n28\n\n# Problem III\n\n5",
        {"1": "608", "2": "28", "3": "5"},
    ),
    "numbers for Roman ones": ("Roman numbers", "# Problem 1\n\n608\n\n# Problem 2\n\n28", {"I": "608", "II": "28"}),
    "parts of a problem belong to it": (
        "numbers",
        "# Problem 1\n\na) 608\n\nb) 600\n\n# Problem 2\n\n2.1 28\n\n2.2 8",
        {"1": "a 608 b 600", "2": "2 1 28 2 2 8"},
    ),
    "parts of parts by their ends": (
        "parts of parts",
        "## 1.1 Convolution\n\n**(a)** 4x5\n\n**(b)**\n\n(i) 1x2\n\n(ii) 6x7\n\n## 1.2 Recurrence\n\n**(a)** 8x9",
        {"1.1(a)": "4x5", "1.1(b)(i)": "1x2", "1.1(b)(ii)": "6x7", "1.2(a)": "8x9"},
    ),
    "parts of parts in dots": (
        "parts of parts",
        "## 1.1.a\n\n4x5\n\n## 1.1.b.i\n\n1x2\n\n## 1.1.b.ii\n\n6x7\n\n## 1.2.a\n\n8x9",
        {"1.1(a)": "4x5", "1.1(b)(i)": "1x2", "1.1(b)(ii)": "6x7", "1.2(a)": "8x9"},
    ),
    "letters without chapters go through them in turn": (
        "letters below chapters",
        "## Problem A\n\none\n\n## Problem B\n\ntwo\n\n## Problem A\n\nthree\n\n## Problem B\n\nfour",
        {"1A": "one", "1B": "two", "2A": "three", "2B": "four"},
    ),
    "parts before their problem": (
        "letters below chapters",
        "## Part A of Problem 1\n\none\n\n## Part (b), Problem 1\n\ntwo\n\n## Part A of Problem 2\n\nthree",
        {"1A": "one", "1B": "two", "2A": "three"},
    ),
    "a table of contents": (
        "numbers",
        "# Contents\n\nProblem 1 ..... 1\nProblem 2 ..... 2\n\n# Problem 1\n\n608\n\n# Problem 2\n\n28",
        {"1": "608", "2": "28"},
    ),
    "what follows the last problem": (
        "numbers",
        "# Problem 1\n\n608\n\n# Problem 2\n\n28\n\n# References\n\nA book of 1999.",
        {"1": "608", "2": "28"},
    ),
    "a minus sign behind the label": ("numbers", "Problem 1: -0.75\n\nProblem 2: 28", {"1": "0 75", "2": "28"}),
}


@pytest.mark.parametrize(("rubric", "text", "sections"), WHOLE.values(), ids=WHOLE)
def test_a_report_is_read_as_a_whole(rubric: str, text: str, sections: dict[str, str]) -> None:
    aligned = align_documents([document(text)], labels(RUBRICS[rubric]))
    assert words(aligned) == sections
    assert aligned.unsure == ()


def test_what_belongs_to_no_problem_is_told_but_for_front_matter() -> None:
    text = (
        "# Homework 4\n\nAda Lovelace\n\n12 May 2024\n\nCollaborators: none\n\n"
        "The layer has 608 parameters.\n\n# Problem 2\n\n28"
    )
    aligned = align_documents([document(text)], labels(RUBRICS["numbers"]))
    assert [(block.text, str(block.source)) for block in aligned.unclaimed] == [
        ("The layer has 608 parameters.", "report.md:9")
    ]


def test_two_readings_that_are_as_good_go_to_a_person() -> None:
    text = "# Problem 1\n\n608\n\n### 2\n\n28\n\n# Problem 3\n\n5"
    aligned = align_documents([document(text)], labels(RUBRICS["numbers"]))
    assert {doubt.problem for doubt in aligned.unsure} <= {"1", "2"}


def test_an_answer_keeps_the_sign_in_front() -> None:
    (portion,) = align_documents([document("Problem 1: -0.75")], labels({"1": ""})).sections
    assert portion.blocks[0].text == "-0.75"


COUNTED = {
    "a label of its own": (["Report", "2 Problem 1", "3 Problem 2"], {"1": "a1", "2": "a2"}),
    "a title of its own": (["Report", "2 Parameters", "3 Output shape"], {"1": "a1", "2": "a2"}),
    "the label itself": (["1 Parameters", "2 Output shape"], {"1": "a0", "2": "a1"}),
}


@pytest.mark.parametrize(("headings", "expected"), COUNTED.values(), ids=COUNTED)
def test_a_number_that_a_program_counts_is_less_than_what_stands_behind_it(headings, expected) -> None:
    text = "\n\n".join(f"# {heading}\n\na{number}" for number, heading in enumerate(headings))
    aligned = align_documents([document(text)], labels({"1": "Parameters", "2": "Output shape"}))
    assert words(aligned) == expected


FOUND = [
    ["1", "2"],
    ["Q1", "Q2"],
    ["P-1", "P-2"],
    ["hw4_q1", "hw4_q2"],
    ["hw4_q1", "hw5_q1"],
    ["Bonus", "1"],
    ["A", "B"],
    ["1.1(b)(i)"],
    ["Q1", "P1"],
    ["Übung 1", "Übung 2"],
]


@pytest.mark.parametrize("ids", FOUND, ids=str)
def test_lint_finds_ids_of_every_kind(ids: list[str]) -> None:
    assert lost_spellings(Labels(problems={name.lower(): name for name in ids}), dict.fromkeys(ids, "")) == {}


def test_lint_says_which_id_no_heading_can_name() -> None:
    lost = lost_spellings(Labels(problems={"~~": "~~", "2": "2"}), {"~~": "", "2": ""})
    assert "Problem ~~" in lost["~~"]
